//! Object with MIR -> relocatable object: functions with padded fields and relocations, no gate.

use super::Unit;
use super::edit::{Edit, Gate, write};
use super::fields::{self, Form, Provisional};
use super::{file, lower_padded_unit};
use crate::diagnostic::{Diagnostic, Kind};
use crate::leb;
use crate::object::header::id;
use crate::object::relocations::{Relocation, RelocationKind};
use crate::object::{Contents, Object, Section};

/// Turns the object with MIR `bytes`, called `name` in messages, into an object that any linker takes.
///
/// # Errors
/// A diagnostic that says where and why: the bytes are no object with MIR, or are damaged.
pub fn lower_object(name: &str, bytes: &[u8]) -> Result<Vec<u8>, Diagnostic> {
    let object = Object::parse(name, bytes)?;
    let refuse = |message: &str| Diagnostic::error(Kind::Unsupported, format!("{name}: {message}"));
    if !object.is_mir {
        return Err(refuse("has no MIR: there is nothing to lower"));
    }
    let contents = Contents::parse(&object)?;
    let Some(view) = &contents.mir else { return Err(refuse("has no MIR: there is nothing to lower")) };
    let code = lower_code(&object, view)?;
    let mut edit = Edit::new(&object, &contents, Gate::Remove);
    edit.drop_customs(|name| name == file::SECTION || name == fields::SECTION);
    edit.replace(id::CODE, code.payload);
    edit.remove_gate_segment();
    edit.set_relocations(id::CODE, &code.relocations);
    let lowered = edit.finish().and_then(|parts| write(&parts));
    let lowered = lowered.ok_or_else(|| refuse("its sections cannot be written anew"))?;
    // What only shows now, like a reference to the gate, shows here.
    Object::parse(name, &lowered).and_then(|object| Contents::parse(&object).map(drop))?;
    Ok(lowered)
}

/// A code section and its relocations.
struct CodeSection {
    payload: Vec<u8>,
    relocations: Vec<Relocation>,
}

fn lower_code(object: &Object, view: &Unit) -> Result<CodeSection, Diagnostic> {
    let kinds = relocation_kinds(object, view)?;
    let form = read_form(object, &kinds)?;
    let values = Provisional::new(object, form.rule);
    let mut code = CodeSection { payload: Vec::new(), relocations: Vec::with_capacity(kinds.len()) };
    push_number(&mut code.payload, view.len() as u64, form.count_width);
    let mut other_widths = form.other_widths.iter().peekable();
    let (mut body, mut relocations) = (Vec::new(), Vec::new());
    for index in 0..view.len() {
        body.clear();
        relocations.clear();
        lower_padded_unit(view, index, &values, &mut body, &mut relocations)
            .map_err(|malformed| mir_error(object, index, malformed.problem))?;
        let other = other_widths.next_if(|(function, _)| *function as usize == index);
        push_number(&mut code.payload, body.len() as u64, other.map_or(form.size_width, |&(_, width)| width));
        let start = code.payload.len();
        if u32::try_from(start + body.len()).is_err() {
            return Err(mir_error(object, index, "the code section would be 4 GiB or larger"));
        }
        code.payload.extend_from_slice(&body);
        let moved = |found: &Relocation| Relocation { offset: found.offset + start as u32, ..*found };
        code.relocations.extend(relocations.iter().map(moved));
    }
    for (relocation, field) in &form.exceptions {
        // Whether there are that many relocations has been checked.
        let Some(relocation) = code.relocations.get(*relocation as usize) else { continue };
        let at = relocation.offset as usize;
        code.payload[at..at + field.len()].copy_from_slice(field);
    }
    Ok(code)
}

/// The types of all relocations in order.
fn relocation_kinds(object: &Object, view: &Unit) -> Result<Vec<RelocationKind>, Diagnostic> {
    struct Kinds(Vec<RelocationKind>);
    impl super::walk::Sink for Kinds {
        fn byte(&mut self, _: u8) {}
        fn bytes(&mut self, _: &[u8]) {}
        fn unsigned(&mut self, _: u64) {}
        fn signed(&mut self, _: i64) {}
        fn field(&mut self, kind: RelocationKind, _: u32, _: i64, _: usize) -> Result<(), super::Malformed> {
            self.0.push(kind);
            Ok(())
        }
    }
    let mut kinds = Kinds(Vec::new());
    for index in 0..view.len() {
        view.walk(index, &mut kinds).map_err(|malformed| mir_error(object, index, malformed.problem))?;
    }
    Ok(kinds.0)
}

/// How the code section is to be encoded.
fn read_form(object: &Object, kinds: &[RelocationKind]) -> Result<Form, Diagnostic> {
    let is_form = |section: &Section| section.id == id::CUSTOM && section.name == fields::SECTION;
    let Some(section) = object.sections.iter().find(is_form) else { return Ok(Form::default()) };
    let width = |relocation: u32| kinds.get(relocation as usize).map(|kind| kind.field().width());
    Form::decode(section.bytes, width)
        .map_err(|(at, message)| Diagnostic::malformed(object.site(&section, at as u64), message))
}

/// Appends a number in `width` bytes; in as few as possible, if it is 0 or too few.
fn push_number(out: &mut Vec<u8>, number: u64, width: u8) {
    if (width as usize) < leb::unsigned_size(number) {
        return leb::push_unsigned(out, number);
    }
    let at = out.len();
    out.resize(at + width as usize, 0);
    leb::write_unsigned_padded(&mut out[at..], number);
}

fn mir_error(object: &Object, function: usize, problem: &str) -> Diagnostic {
    let message = format!("function number {function}: {problem}");
    match object.sections.iter().find(|section| section.name == file::SECTION) {
        Some(section) => Diagnostic::malformed(object.site(&section, 0), message),
        None => Diagnostic::error(Kind::Malformed, format!("{}: {message}", object.name)),
    }
}
