//! The reader of objects whose functions are MIR ([`crate::mir::file`]).

use super::relocation_check::Targets;
use super::relocations::Target;
use super::*;
use crate::diagnostic::{Diagnostic, Kind};
use crate::leb;
use crate::mir::file::{self, GATE_SEGMENT, GATE_SYMBOL, View};
use crate::mir::walk::Sink;
use crate::mir::{self, Malformed, Operands, Unit};
use crate::par::AtomicBits;
use rayon::prelude::*;
use std::ops::Range;

/// Index of an absolute symbol: were it that of a segment, the symbol would count from there.
pub(super) const NO_SEGMENT: u32 = u32::MAX;

/// Functions that one task checks.
const TASK_FUNCTIONS: usize = 256;

impl<'i> Object<'i> {
    /// Takes the gate away, if the object's functions are MIR: its symbol means nothing, its segment is not there.
    pub(super) fn open_gate(&mut self) -> Result<(), Diagnostic> {
        let file = self.name;
        let has_gate = self.symbols.last().is_some_and(|symbol| {
            symbol.kind == SymbolKind::Data && symbol.flags.is_undefined() && self.text(symbol.name) == GATE_SYMBOL
        });
        let Some((at, section)) = self.sections.with_name(file::SECTION) else {
            // The functions are stubs: they must not be linked without what they stand for.
            return match self.sections.last() {
                Some(last) if has_gate => {
                    let message = "expected the section wmir behind it, as the object has stubs for functions";
                    Err(last.reader(file).error_at(last.bytes.len(), message))
                }
                _ => Ok(()),
            };
        };
        let fail = |section: &Section<'i>, message: &str| Err(section.reader(file).error_at(0, message));
        if let Some(behind) = self.sections.get(at + 1) {
            return fail(&behind, "expected nothing behind the section wmir");
        }
        if self.segment_info.len() != self.segment_count as usize
            || self.segment_info.last().is_none_or(|info| self.text(info.name) != GATE_SEGMENT)
        {
            return fail(&section, &format!("expected {GATE_SEGMENT} as the last segment of an object with MIR"));
        }
        match self.symbols.last_mut() {
            Some(gate) if has_gate => {
                gate.flags = SymbolFlags(SymbolFlags::LOCAL | SymbolFlags::ABSOLUTE);
                gate.index = NO_SEGMENT;
            }
            _ => return fail(&section, &format!("expected {GATE_SYMBOL} as the last symbol of an object with MIR")),
        }
        self.segment_info = self.segment_info[..self.segment_info.len() - 1].into();
        self.segment_count -= 1;
        self.is_mir = true;
        Ok(())
    }
}

impl<'i> Contents<'i> {
    /// Reads and checks the functions of an object with MIR; everything else has been read.
    pub(super) fn read_mir(&mut self, object: &Object<'i>, targets: &mut Targets<'_, '_>) -> Result<(), Diagnostic> {
        let Some((_, section)) = object.sections.with_name(file::SECTION) else { return Ok(()) };
        let reader = section.reader(object.name);
        if !file::is_intact(file::covered(object.sections.iter()), section.bytes) {
            return Err(reader.error_at(0, "the checksum of the MIR object is wrong: it was damaged or changed"));
        }
        let view = View::parse(section.bytes).map_err(|(at, message)| reader.error_at(at, message))?;
        if view.len() != object.functions.len() {
            let (expected, found) = (object.functions.len(), view.len());
            return Err(reader.error_at(0, format!("expected MIR of {expected} functions, found {found}")));
        }
        if view.is_64 != object.is_64 {
            return Err(reader.error_at(0, "expected MIR with addresses as wide as those of the object's memory"));
        }
        if !self.code_relocations.is_empty() {
            return Err(reader.error_at(0, "expected no relocations for CODE in an object with MIR"));
        }
        self.segments.pop();
        self.read_functions(object, Unit::File(view), targets)
    }

    /// Checks the functions of `unit` and makes them the object's.
    pub(super) fn read_functions(
        &mut self,
        object: &Object<'i>,
        unit: Unit<'i>,
        targets: &mut Targets<'_, '_>,
    ) -> Result<(), Diagnostic> {
        self.check_functions(&unit, targets).map_err(|(function, Malformed { instruction, problem })| {
            let name = match object.first_function_symbols()[function] {
                u32::MAX => "without a name",
                symbol => object.text(object.symbols[symbol as usize].name),
            };
            let message = format!("function {name}, instruction {instruction}: {problem}");
            match object.sections.with_name(file::SECTION) {
                Some((_, section)) => section.reader(object.name).error_at(0, message),
                None => Diagnostic::error(Kind::Input, format!("{}: {message}", object.name)),
            }
        })?;
        self.mir = Some(unit);
        Ok(())
    }

    /// Turns MIR into bodies with padded fields and their relocations: what an output that is an object again needs.
    pub(crate) fn lower_to_object(&mut self) {
        let Some(unit) = self.mir.take() else { return };
        let (mut code, mut entries) = (Vec::new(), Vec::new());
        let mut bodies = Bodies::with_capacity(0, unit.len());
        let (mut body, mut relocations) = (Vec::new(), Vec::new());
        for function in 0..unit.len() {
            body.clear();
            relocations.clear();
            let lowered = mir::lower_padded_unit(&unit, function, &Zero, &mut body, &mut relocations);
            lowered.expect("MIR is checked when it is read");
            let offset = code.len();
            leb::push_unsigned(&mut code, body.len() as u64);
            let start = code.len();
            code.extend_from_slice(&body);
            for entry in &relocations {
                if entry.kind.target() == Target::Address
                    && let Some(value) = unit.literal(entry.index)
                {
                    let at = start + entry.offset as usize;
                    entry.kind.field().write(value.wrapping_add_signed(entry.addend), &mut code[at..]);
                    continue;
                }
                let index = unit.operand(function, entry.kind, entry.index);
                Relocation { index, ..*entry }.encode(entry.offset + start as u32, &mut entries);
            }
            let (size, size_width) = (code.len() - offset, start - offset);
            bodies.push(size as u32, size_width as u32, entries.len() as u32);
        }
        (self.code, self.code_relocations, self.bodies) = (code.into(), entries.into(), bodies);
    }

    /// Walks all functions, on all threads; notes what each refers to, in the form of relocations without offset.
    fn check_functions(&mut self, unit: &Unit<'i>, targets: &mut Targets<'_, '_>) -> Result<(), (usize, Malformed)> {
        let count = unit.len();
        let tasks = count.div_ceil(TASK_FUNCTIONS);
        let called = AtomicBits::new(targets.symbol_count());
        let checked: Vec<Checked> = (0..tasks)
            .into_par_iter()
            .map(|task| {
                let functions = task * TASK_FUNCTIONS..count.min((task + 1) * TASK_FUNCTIONS);
                check_task(functions, unit, targets, &called)
            })
            .collect::<Result<_, _>>()?;
        let mut references = Vec::with_capacity(checked.iter().map(|task| task.references.len()).sum());
        self.bodies = Bodies::with_capacity(0, count);
        for task in checked {
            let base = references.len() as u32;
            task.bodies.iter().for_each(|&(size, end)| self.bodies.push(size, 0, base + end));
            references.extend_from_slice(&task.references);
        }
        targets.call(&called.freeze());
        self.code_relocations = references.into();
        Ok(())
    }
}

/// Fields of an object: they are relocated before anybody reads them.
struct Zero;

impl mir::Values for Zero {
    fn value(&self, _: RelocationKind, _: u32, _: i64) -> u64 {
        0
    }
}

/// What checking some functions gives.
struct Checked {
    /// The size of each, about, and where its references end.
    bodies: Vec<(u32, u32)>,
    /// Encoded as the entries of a relocation section.
    references: Vec<u8>,
}

fn check_task(
    functions: Range<usize>,
    unit: &Unit,
    targets: &Targets<'_, '_>,
    called: &AtomicBits,
) -> Result<Checked, (usize, Malformed)> {
    let operands = unit.operands(functions.start);
    let mut sink = Checker { targets, operands, called, size: 0, references: Vec::new() };
    // About as much as real code has.
    sink.references.reserve(functions.len() * 40);
    let mut bodies = Vec::with_capacity(functions.len());
    for index in functions {
        (sink.operands, sink.size) = (unit.operands(index), 0);
        let checked = unit.check_locals(index).and_then(|()| unit.walk(index, &mut sink));
        checked.map_err(|malformed| (index, malformed))?;
        bodies.push((sink.size, sink.references.len() as u32));
    }
    Ok(Checked { bodies, references: sink.references })
}

/// Checks the encoding of a function's locals.
pub(crate) fn check_locals(locals: &[u8]) -> Result<(), Malformed> {
    let reader = wasmparser::BinaryReader::new(locals, 0);
    let read = || -> wasmparser::Result<bool> {
        let mut reader = wasmparser::FunctionBody::new(reader).get_locals_reader()?;
        for _ in 0..reader.get_count() {
            reader.read()?;
        }
        Ok(reader.original_position() == locals.len() as u64)
    };
    match read() {
        Ok(true) => Ok(()),
        _ => Err(Malformed { instruction: 0, problem: "the function's locals are not encoded as they should be" }),
    }
}

/// Checks operands, notes references and counts bytes.
struct Checker<'t, 'o, 'i> {
    targets: &'t Targets<'o, 'i>,
    operands: Operands<'t>,
    /// The symbols of functions that are called.
    called: &'t AtomicBits,
    size: u32,
    references: Vec<u8>,
}

impl Sink for Checker<'_, '_, '_> {
    const TAKES_SHORT: bool = true;

    #[inline]
    fn byte(&mut self, _: u8) {
        self.size = self.size.saturating_add(1);
    }
    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        self.size = self.size.saturating_add(bytes.len() as u32);
    }
    #[inline]
    fn short(&mut self, _: [u8; 4], len: usize) {
        self.size = self.size.saturating_add(len as u32);
    }
    #[inline]
    fn unsigned(&mut self, _: u64) {
        self.size = self.size.saturating_add(1);
    }
    #[inline]
    fn signed(&mut self, _: i64) {
        self.size = self.size.saturating_add(1);
    }
    fn field(&mut self, kind: RelocationKind, operand: u32, addend: i64, instruction: usize) -> Result<(), Malformed> {
        let index = self.operands.get(kind, operand);
        if !self.targets.fits(kind, index) {
            let problem = match kind == RelocationKind::TYPE_INDEX_LEB {
                true => "it names a type that does not exist",
                false => "it names a symbol that does not exist or is of another kind",
            };
            return Err(Malformed { instruction, problem });
        }
        if kind == RelocationKind::FUNCTION_INDEX_LEB {
            self.called.insert(index as usize);
        }
        self.size = self.size.saturating_add(2);
        push_reference(&mut self.references, kind, index, addend);
        Ok(())
    }
}

/// Appends a relocation without offset. As the indices have one byte to three in no order, nothing hangs on how many.
#[inline]
fn push_reference(out: &mut Vec<u8>, kind: RelocationKind, index: u32, addend: i64) {
    if index >= 1 << 21 {
        return Relocation { kind, offset: 0, index, addend }.encode(0, out);
    }
    let len = 1 + (index >= 1 << 7) as u32 + (index >= 1 << 14) as u32;
    let numbers = index & 0x7f | (index & 0x3f80) << 1 | (index & 0x1f_c000) << 2;
    let more = 0x80_8080 & ((1 << (8 * (len - 1))) - 1);
    let [a, b, c, _] = (numbers | more).to_le_bytes();
    let start = out.len();
    out.extend_from_slice(&[kind.code(), 0, a, b, c]);
    out.truncate(start + 2 + len as usize);
    if kind.spec().addend {
        leb::push_signed(out, addend);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_relocations() {
        for index in [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1f_ffff, 0x20_0000, u32::MAX] {
            for (kind, addend) in [(RelocationKind::FUNCTION_INDEX_LEB, 0), (RelocationKind::MEMORY_ADDR_SLEB, -300)] {
                let (mut fast, mut plain) = (vec![9], vec![9]);
                push_reference(&mut fast, kind, index, addend);
                Relocation { kind, offset: 0, index, addend }.encode(0, &mut plain);
                assert_eq!(fast, plain, "{index}");
            }
        }
    }
}
