//! Functions as MIR in words: one instruction a line, operands by name.

use super::code::Code;
use super::tag::{self, SHAPES, SPECS, Shape};
use super::walk::{Sink, walk};
use super::{Frame, Malformed, Unit};
use crate::diagnostic::Diagnostic;
use crate::object::relocations::{RelocationKind, Target};
use crate::object::{Contents, Object};
use crate::resolve::value_type_name;
use std::fmt::Write;

/// The functions of the object with MIR `bytes`, called `name` in messages, in words.
///
/// # Errors
/// A diagnostic if the bytes are no such object, or are damaged.
pub fn dump(name: &str, bytes: &[u8]) -> Result<String, Diagnostic> {
    let object = Object::parse(name, bytes)?;
    let contents = Contents::parse(&object)?;
    let mut out = String::new();
    let Some(Unit::File(view)) = &contents.mir else { return Ok(format!("{name}: no MIR\n")) };
    let bits = if view.is_64 { 64 } else { 32 };
    let _ = writeln!(out, "{name}: MIR of {} functions, addresses of {bits} bits", view.len());
    for index in 0..view.len() {
        let number = object.function_imports.len() + index;
        let symbol = contents.function_symbols.get(index).and_then(|&symbol| object.symbols.get(symbol as usize));
        let name = symbol.map_or("without a name", |symbol| object.text(symbol.name));
        let _ = writeln!(out, "\nfunction {number} <{name}>, type {}", object.functions[index]);
        let code = view.code(index);
        locals(&mut out, code.locals);
        if let Some(frame) = &code.frame {
            frame_text(&mut out, frame, &object);
        }
        instructions(&mut out, &code, view.is_64, &object);
    }
    Ok(out)
}

fn locals(out: &mut String, locals: &[u8]) {
    let body = wasmparser::FunctionBody::new(wasmparser::BinaryReader::new(locals, 0));
    let Ok(reader) = body.get_locals_reader() else { return };
    let runs: Vec<String> =
        reader.into_iter().map_while(Result::ok).map(|(count, ty)| format!("{count} x {ty}")).collect();
    if !runs.is_empty() {
        let _ = writeln!(out, "  locals {}", runs.join(", "));
    }
}

fn frame_text(out: &mut String, frame: &Frame, object: &Object) {
    let Frame { stack_pointer, saved_local, bottom_local, size, alignment } = *frame;
    let pointer = symbol_name(object, stack_pointer);
    let _ = writeln!(
        out,
        "  frame of {size} bytes aligned to 2**{alignment}, {pointer} kept in {saved_local}, lowest address in {bottom_local}"
    );
}

fn instructions(out: &mut String, code: &Code, is_64: bool, object: &Object) {
    let mut depth = 1usize;
    for index in 0..code.tags.len() {
        let tag = code.tags[index];
        if matches!(tag, tag::END | tag::ELSE | tag::CATCH | tag::CATCH_ALL | tag::DELEGATE) {
            depth = depth.saturating_sub(1);
        }
        let one = Code {
            locals: &[],
            frame: None,
            tags: &code.tags[index..=index],
            data: &code.data[index..=index],
            extra: code.extra,
        };
        let mut words = Words { object, shape: SHAPES[tag as usize], out: String::new(), parts: 0 };
        let result = walk(&one, is_64, &mut words);
        let (indent, name) = (2 * depth.min(40), SPECS[tag as usize].name);
        let _ = writeln!(out, "{index:6} {:indent$}{name}{}", "", words.out);
        if let Err(Malformed { problem, .. }) = result {
            let _ = writeln!(out, "       broken: {problem}");
        }
        let opens = matches!(SHAPES[tag as usize], Shape::Block | Shape::TryTable);
        if opens || matches!(tag, tag::ELSE | tag::CATCH | tag::CATCH_ALL) {
            depth += 1;
        }
    }
}

/// Collects an instruction's operands in words.
struct Words<'o, 'i> {
    object: &'o Object<'i>,
    shape: Shape,
    out: String,
    /// What came so far; the first is the opcode, except of instructions that are kept as bytes.
    parts: usize,
}

impl Words<'_, '_> {
    fn is_opcode(&mut self) -> bool {
        self.parts += 1;
        self.parts == 1 && !matches!(self.shape, Shape::Raw | Shape::Fields)
    }
    fn push(&mut self, text: impl std::fmt::Display) {
        let _ = write!(self.out, " {text}");
    }
}

impl Sink for Words<'_, '_> {
    fn byte(&mut self, byte: u8) {
        if self.is_opcode() {
            return;
        }
        match (self.shape, byte) {
            (Shape::Block | Shape::TryTable, 0x40) => {}
            (Shape::Block | Shape::TryTable | Shape::HeapType, _) => self.push(type_name(byte)),
            _ => self.push(byte),
        }
    }
    fn bytes(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.parts += 1;
        match (self.shape, bytes) {
            (Shape::F32, &[a, b, c, d]) => self.push(f32::from_le_bytes([a, b, c, d])),
            (Shape::F64, &[a, b, c, d, e, f, g, h]) => self.push(f64::from_le_bytes([a, b, c, d, e, f, g, h])),
            (Shape::OneType, &[_, ty]) => self.push(type_name(ty)),
            _ => bytes.iter().for_each(|byte| self.push(format_args!("{byte:02x}"))),
        }
    }
    fn unsigned(&mut self, value: u64) {
        self.parts += 1;
        match (self.shape, self.parts) {
            (Shape::Memory, 2) => self.push(format_args!("align=2**{value}")),
            (Shape::Memory, 3) => self.push(format_args!("offset={value}")),
            (Shape::Misc | Shape::Simd | Shape::Atomic, 2) => self.push(format_args!("0x{value:02x}")),
            _ => self.push(value),
        }
    }
    fn signed(&mut self, value: i64) {
        self.parts += 1;
        self.push(value);
    }
    fn field(&mut self, kind: RelocationKind, index: u32, addend: i64, _: usize) -> Result<(), Malformed> {
        self.parts += 1;
        let name = match kind.target() {
            Target::TypeIndex => format!("type {index}"),
            _ => symbol_name(self.object, index).to_owned(),
        };
        let prefix = if self.shape == Shape::Memory { "offset=" } else { "" };
        let addend = if addend == 0 { String::new() } else { format!("{addend:+}") };
        match self.shape {
            Shape::Fields => self.push(format_args!("({kind:?} {name}{addend})")),
            _ => self.push(format_args!("{prefix}{name}{addend}")),
        }
        Ok(())
    }
}

fn symbol_name<'i>(object: &Object<'i>, symbol: u32) -> &'i str {
    object.symbols.get(symbol as usize).map_or("?", |symbol| object.text(symbol.name))
}

/// The name of a type of one byte in the text format.
fn type_name(byte: u8) -> String {
    value_type_name(byte).map_or_else(|| format!("0x{byte:02x}"), str::to_owned)
}
