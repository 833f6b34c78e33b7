//! Relocatable object -> object with MIR.
//!
//! Every function is decoded (see the module `decode`), lowered again and compared: so an object either comes out such that
//! [`super::lower_object`] gives the same code section and relocations, byte for byte, or it is refused. All other
//! sections stay as they are, except:
//! - the code section has a stub for each function, and no relocations;
//! - debug information (`.debug_*`) and other sections that count bytes of code (`metadata.code.*`) are dropped with their
//!   relocations, because functions that are lowered to minimal fields have other offsets;
//! - the gate ([`super::file`]) comes behind all segments and symbols.

mod decode;

use super::edit::{Edit, Gate, Part, write};
use super::fields::{self, Form, Provisional, Rule};
use super::{Code, CodeBuffer, file, lower_padded, tag};
use crate::diagnostic::{Diagnostic, Kind, Site};
use crate::leb;
use crate::object::header::id;
use crate::object::relocations::Relocation;
use crate::object::{Body, Contents, Object};
use decode::Problem;

/// A stub: no locals, `unreachable`, `end`.
const STUB: [u8; 3] = [0, tag::UNREACHABLE, tag::END];

/// What was lifted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Functions.
    pub functions: usize,
    /// Instructions of MIR.
    pub instructions: usize,
    /// Those of them that are kept as bytes, each of them one or more instructions of WebAssembly.
    pub raw: usize,
    /// Relocations of code.
    pub relocations: usize,
    /// Fields that hold something else than the rule of their object says ([`fields`]).
    pub exceptions: usize,
}

/// An object with MIR.
#[derive(Clone, Debug)]
pub struct Lifted {
    /// The file.
    pub bytes: Vec<u8>,
    /// What is in it.
    pub counts: Counts,
}

/// Turns the relocatable object `bytes`, called `name` in messages, into an object with MIR.
///
/// # Errors
/// A diagnostic that says where and why: the bytes are no relocatable object, or are MIR already, or hold code that
/// cannot be decoded.
pub fn lift(name: &str, bytes: &[u8]) -> Result<Lifted, Diagnostic> {
    let object = Object::parse(name, bytes)?;
    let refuse = |message: &str| Err(Diagnostic::error(Kind::Unsupported, format!("{name}: {message}")));
    if object.is_mir {
        return refuse("its functions are MIR already");
    }
    if object.is_shared {
        return refuse("is a shared library, not a relocatable object");
    }
    if !object.has_linking {
        return refuse("is not a relocatable object: it has no linking section");
    }
    let contents = Contents::parse(&object)?;
    let mut lifter = Lifter::new(&object, &contents);
    for body in contents.bodies.iter() {
        lifter.function(&body)?;
    }
    let form = lifter.form();
    let instructions = lifter.buffer.tags.len();
    let is_raw = |tag: &&u8| matches!(**tag, tag::RAW | tag::RAW_FIELDS);
    let counts = Counts {
        functions: contents.bodies.len(),
        instructions,
        raw: lifter.buffer.tags.iter().filter(is_raw).count(),
        relocations: lifter.relocations as usize,
        exceptions: form.exceptions.len(),
    };
    let (buffer, address) = (lifter.buffer, lifter.values.end());
    match assemble(&object, &contents, &buffer, &form, address) {
        Some(bytes) => Ok(Lifted { bytes, counts }),
        None => refuse("its sections cannot be written anew"),
    }
}

/// Whether a section counts bytes of code.
fn is_about_offsets(name: &str) -> bool {
    name.starts_with(".debug_") || name.starts_with("metadata.code.")
}

/// Puts the new object together.
fn assemble(
    object: &Object,
    contents: &Contents,
    buffer: &CodeBuffer,
    form: &Form,
    gate_address: u64,
) -> Option<Vec<u8>> {
    let mut edit = Edit::new(object, contents, Gate::Add);
    edit.drop_customs(|name| is_about_offsets(name) || name == fields::SECTION);
    edit.replace(id::CODE, stubs(contents.bodies.len()));
    edit.set_relocations(id::CODE, &[]);
    edit.add_gate_segment(gate_address);
    let mut parts = edit.finish()?;
    parts.extend(form.encode().map(|payload| Part::custom(fields::SECTION, payload)));
    let before = parts.iter().flat_map(|part| [(part.id, part.name.as_bytes()), (part.id, &part.payload[..])]);
    let mir = file::encode(buffer, object.is_64, before);
    parts.push(Part::custom(file::SECTION, mir));
    write(&parts)
}

/// A code section of `count` stubs.
fn stubs(count: usize) -> Vec<u8> {
    let mut code = Vec::with_capacity(count * (1 + STUB.len()) + leb::PADDED_32);
    leb::push_unsigned(&mut code, count as u64);
    for _ in 0..count {
        leb::push_name(&mut code, &STUB);
    }
    code
}

/// Lifts functions one after the other, and compares.
struct Lifter<'o, 'i> {
    object: &'o Object<'i>,
    contents: &'o Contents<'i>,
    values: Provisional<'o, 'i>,
    buffer: CodeBuffer,
    /// Relocations of the functions so far.
    relocations: u32,
    /// Fields that do not hold the value within the object.
    not_in_object: Vec<(u32, Vec<u8>)>,
    /// Fields that do not hold zero.
    not_zero: Vec<(u32, Vec<u8>)>,
    // Of the function at hand.
    found: Vec<Relocation>,
    lowered: Vec<u8>,
    lowered_relocations: Vec<Relocation>,
}

impl<'o, 'i> Lifter<'o, 'i> {
    fn new(object: &'o Object<'i>, contents: &'o Contents<'i>) -> Self {
        Self {
            object,
            contents,
            values: Provisional::new(object, Rule::InObject),
            buffer: CodeBuffer::default(),
            relocations: 0,
            not_in_object: Vec::new(),
            not_zero: Vec::new(),
            found: Vec::new(),
            lowered: Vec::new(),
            lowered_relocations: Vec::new(),
        }
    }

    fn function(&mut self, body: &Body) -> Result<(), Diagnostic> {
        let start = body.offset + body.size_width;
        let bytes = &self.contents.body_bytes(body)[body.size_width as usize..];
        self.found.clear();
        let relocations = self.contents.body_relocations(body);
        self.found.extend(relocations.map(|found| Relocation { offset: found.offset - start, ..found }));
        let error = |problem: Problem| malformed(self.object, start as u64 + problem.at as u64, problem.message);
        decode::decode(bytes, &self.found, self.object.is_64, &mut self.buffer).map_err(error)?;
        self.lowered.clear();
        self.lowered_relocations.clear();
        let code: Code = self.buffer.code(self.buffer.len() - 1);
        let (lowered, relocations) = (&mut self.lowered, &mut self.lowered_relocations);
        let result = lower_padded(&code, self.object.is_64, &self.values, lowered, relocations);
        if result.is_err() || self.lowered_relocations != self.found || self.lowered.len() != bytes.len() {
            let message = "expected a function that MIR can express, found one that comes out differently";
            return Err(malformed(self.object, start as u64, message.into()));
        }
        self.compare(bytes).map_err(|at| {
            let message = "expected an instruction that MIR can express, found one that comes out differently";
            malformed(self.object, (start as usize + at) as u64, message.into())
        })
    }

    /// Compares `bytes` with what came out, field by field; notes the fields that do not follow a rule. Fails with the
    /// first byte between fields that differs.
    fn compare(&mut self, bytes: &[u8]) -> Result<(), usize> {
        let mut done = 0;
        for relocation in &self.found {
            let at = relocation.offset as usize;
            let field = relocation.kind.field();
            let end = at + field.width();
            same(&bytes[done..at], &self.lowered[done..at]).map_err(|differs| done + differs)?;
            let found = &bytes[at..end];
            if found != &self.lowered[at..end] {
                self.not_in_object.push((self.relocations, found.to_vec()));
            }
            let mut zero = [0; leb::PADDED_64];
            field.write(0, &mut zero);
            if *found != zero[..field.width()] {
                self.not_zero.push((self.relocations, found.to_vec()));
            }
            self.relocations += 1;
            done = end;
        }
        same(&bytes[done..], &self.lowered[done..]).map_err(|differs| done + differs)
    }

    /// How the code section is encoded, beyond its functions.
    fn form(&mut self) -> Form {
        let (rule, exceptions) = match self.not_zero.len() < self.not_in_object.len() {
            true => (Rule::Zero, &mut self.not_zero),
            false => (Rule::InObject, &mut self.not_in_object),
        };
        let mut form = Form { rule, exceptions: std::mem::take(exceptions), ..Form::default() };
        let width = |number: u64, width: usize| if width == leb::unsigned_size(number) { 0 } else { width as u8 };
        let mut at = 0;
        if let Ok(count) = leb::read_u32(&self.contents.code, &mut at) {
            form.count_width = width(count as u64, at);
        }
        let size_width = |body: &Body| width((body.size - body.size_width) as u64, body.size_width as usize);
        // Producers that pad size fields pad all of them.
        let padded = self.contents.bodies.iter().filter(|body| size_width(body) == leb::PADDED_32 as u8).count();
        form.size_width = if padded * 2 > self.contents.bodies.len() { leb::PADDED_32 as u8 } else { 0 };
        for (function, body) in self.contents.bodies.iter().enumerate() {
            if width_differs(form.size_width, size_width(&body), body.size_width) {
                form.other_widths.push((function as u32, body.size_width as u8));
            }
        }
        form
    }
}

/// Whether a size field of `found` bytes, `width` if that is not the least, is another one than the object's usual one.
fn width_differs(usual: u8, width: u8, found: u32) -> bool {
    match usual {
        0 => width != 0,
        _ => found != usual as u32,
    }
}

/// Fails with the first byte that differs.
fn same(a: &[u8], b: &[u8]) -> Result<(), usize> {
    match a == b {
        true => Ok(()),
        false => Err(a.iter().zip(b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()))),
    }
}

/// An error about the code section.
fn malformed(object: &Object, offset: u64, message: String) -> Diagnostic {
    match object.section(id::CODE) {
        Some(section) => Diagnostic::malformed(object.site(&section, offset), message),
        None => Diagnostic::malformed(Site { file: object.name.to_owned(), section: "CODE".into(), offset }, message),
    }
}

#[cfg(test)]
mod tests;
