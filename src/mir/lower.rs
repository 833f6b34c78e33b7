//! MIR -> bytes, in two forms.
//!
//! For a module every index and address is final, so fields are as short as their values. For an object each field is
//! padded to its full width and a relocation says what belongs there.

use super::walk::{Sink, walk};
use super::{Code, Malformed, Unit};
use crate::leb;
use crate::object::relocations::{Field, Relocation, RelocationKind};

/// What symbolic operands stand for.
pub trait Values {
    /// The value of an operand that `kind` relocates; `index` is a symbol, or a type for a type index.
    fn value(&self, kind: RelocationKind, index: u32, addend: i64) -> u64;
}

/// Appends the body of `code`, without its size, with minimal fields.
///
/// # Errors
/// As [`walk`].
pub fn lower(code: &Code, is_64: bool, values: &impl Values, out: &mut Vec<u8>) -> Result<(), Malformed> {
    // Most instructions take two bytes; growing in the middle of a function would copy it.
    out.reserve(code.locals.len() + 3 * code.tags.len());
    walk(code, is_64, &mut Final { values, out })
}

/// Appends the body of `code`, without its size, with padded fields that hold `values`, and its relocations, whose
/// offsets count from the start of `out`.
///
/// # Errors
/// As [`walk`].
pub fn lower_padded(
    code: &Code,
    is_64: bool,
    values: &impl Values,
    out: &mut Vec<u8>,
    relocations: &mut Vec<Relocation>,
) -> Result<(), Malformed> {
    walk(code, is_64, &mut Padded { values, out, relocations })
}

/// As [`lower`], of function number `function` of a unit.
pub(crate) fn lower_unit(
    unit: &Unit,
    function: usize,
    values: &impl Values,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    unit.walk(function, &mut Final { values, out })
}

/// As [`lower_padded`], of function number `function` of a unit.
pub(crate) fn lower_padded_unit(
    unit: &Unit,
    function: usize,
    values: &impl Values,
    out: &mut Vec<u8>,
    relocations: &mut Vec<Relocation>,
) -> Result<(), Malformed> {
    unit.walk(function, &mut Padded { values, out, relocations })
}

/// Appends the first `len` of `bytes`: of a number of bytes that is known, then some off, there is nothing to guess.
#[inline]
pub(super) fn push_first(out: &mut Vec<u8>, bytes: [u8; 4], len: usize) {
    out.extend_from_slice(&bytes);
    out.truncate(out.len() - bytes.len() + len);
}

/// Appends those of `bytes` from `start` to `end`; most such parts lie between two fields, and are short.
#[inline]
fn push_part(out: &mut Vec<u8>, bytes: &[u8], start: usize, end: usize) {
    const SHORT: usize = 32;
    match bytes[start..].first_chunk::<SHORT>() {
        Some(chunk) if start <= end && end - start <= SHORT => {
            out.extend_from_slice(chunk);
            out.truncate(out.len() - SHORT + (end - start));
        }
        _ => out.extend_from_slice(&bytes[start..end]),
    }
}

struct Final<'a, V> {
    values: &'a V,
    out: &'a mut Vec<u8>,
}

impl<V: Values> Sink for Final<'_, V> {
    const TAKES_SHORT: bool = true;

    #[inline]
    fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }
    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }
    #[inline]
    fn part(&mut self, bytes: &[u8], start: usize, end: usize) {
        push_part(self.out, bytes, start, end);
    }
    #[inline]
    fn short(&mut self, bytes: [u8; 4], len: usize) {
        push_first(self.out, bytes, len);
    }
    #[inline]
    fn unsigned(&mut self, value: u64) {
        leb::push_unsigned(self.out, value);
    }
    #[inline]
    fn signed(&mut self, value: i64) {
        leb::push_signed(self.out, value);
    }
    #[inline]
    fn field(&mut self, kind: RelocationKind, index: u32, addend: i64, _: usize) -> Result<(), Malformed> {
        let value = self.values.value(kind, index, addend);
        match kind.field() {
            Field::Unsigned5 => leb::push_unsigned(self.out, value as u32 as u64),
            Field::Signed5 => leb::push_signed(self.out, value as u32 as i32 as i64),
            Field::Unsigned10 => leb::push_unsigned(self.out, value),
            Field::Signed10 => leb::push_signed(self.out, value as i64),
            Field::Word4 => self.out.extend_from_slice(&(value as u32).to_le_bytes()),
            Field::Word8 => self.out.extend_from_slice(&value.to_le_bytes()),
        }
        Ok(())
    }
    fn block_type(&mut self, ty: u32, _: usize) -> Result<(), Malformed> {
        let index = self.values.value(RelocationKind::TYPE_INDEX_LEB, ty, 0);
        leb::push_signed(self.out, index as u32 as i64);
        Ok(())
    }
}

struct Padded<'a, V> {
    values: &'a V,
    out: &'a mut Vec<u8>,
    relocations: &'a mut Vec<Relocation>,
}

impl<V: Values> Sink for Padded<'_, V> {
    const TAKES_SHORT: bool = true;

    fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }
    fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }
    #[inline]
    fn short(&mut self, bytes: [u8; 4], len: usize) {
        push_first(self.out, bytes, len);
    }
    fn unsigned(&mut self, value: u64) {
        leb::push_unsigned(self.out, value);
    }
    fn signed(&mut self, value: i64) {
        leb::push_signed(self.out, value);
    }
    fn field(&mut self, kind: RelocationKind, index: u32, addend: i64, _: usize) -> Result<(), Malformed> {
        let offset = self.out.len();
        self.relocations.push(Relocation { kind, offset: offset as u32, index, addend });
        self.out.resize(offset + kind.field().width(), 0);
        kind.field().write(self.values.value(kind, index, addend), &mut self.out[offset..]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CodeBuffer, FunctionBuilder, MemArg, tag};
    use super::*;
    use crate::mir::builder::{Data, Func, Global};

    /// Gives index and addend as the value.
    struct Sum;

    impl Values for Sum {
        fn value(&self, _: RelocationKind, index: u32, addend: i64) -> u64 {
            (index as u64).wrapping_add_signed(addend)
        }
    }

    fn example() -> CodeBuffer {
        let mut buffer = CodeBuffer::default();
        let mut b = FunctionBuilder::new(&mut buffer, 0);
        b.address(Data(300), 4).memory(tag::I32_LOAD, MemArg::new(8, 2)).call(Func(2)).op(tag::DROP);
        b.memory(tag::I32_LOAD, MemArg::symbolic(Data(1), -1, 2)).op(tag::DROP);
        b.finish().expect("well formed");
        buffer
    }

    #[test]
    fn parts_of_any_length_are_appended() {
        let bytes: Vec<u8> = (0..80).collect();
        for (start, end) in [(0, 0), (3, 8), (0, 32), (5, 38), (47, 49), (60, 70), (80, 80), (0, 80)] {
            let mut out = vec![9];
            push_part(&mut out, &bytes, start, end);
            assert_eq!(out, [&[9], &bytes[start..end]].concat());
        }
    }

    #[test]
    fn a_module_gets_minimal_fields() {
        let (buffer, mut out) = (example(), Vec::new());
        lower(&buffer.code(0), false, &Sum, &mut out).unwrap();
        assert_eq!(out, [0, 0x41, 0xb0, 0x02, 0x28, 2, 8, 0x10, 2, 0x1a, 0x28, 2, 0, 0x1a, 0x0b]);
    }

    #[test]
    fn an_object_gets_padded_fields_and_relocations() {
        let (buffer, mut out, mut relocations) = (example(), Vec::new(), Vec::new());
        lower_padded(&buffer.code(0), false, &Sum, &mut out, &mut relocations).unwrap();
        assert_eq!(out[..10], [0, 0x41, 0xb0, 0x82, 0x80, 0x80, 0x00, 0x28, 2, 8]);
        let found: Vec<_> = relocations.iter().map(|r| (r.kind.code(), r.offset, r.index, r.addend)).collect();
        assert_eq!(found, [(4, 2, 300, 4), (0, 11, 2, 0), (3, 19, 1, -1)]);
    }

    #[test]
    fn addresses_of_64_bits_have_their_own_forms() {
        let (buffer, mut out, mut relocations) = (example(), Vec::new(), Vec::new());
        lower_padded(&buffer.code(0), true, &Sum, &mut out, &mut relocations).unwrap();
        assert_eq!((out[1], relocations[0].kind.spec().name), (0x42, "R_WASM_MEMORY_ADDR_SLEB64"));
        assert_eq!(relocations[2].kind.spec().name, "R_WASM_MEMORY_ADDR_LEB64");
    }

    #[test]
    fn a_frame_gets_its_prologue() {
        let mut buffer = CodeBuffer::default();
        let mut b = FunctionBuilder::new(&mut buffer, 0);
        let (saved, bottom) = (b.local(0x7f), b.local(0x7f));
        b.frame(Global(7), saved, bottom, 20, 4);
        b.local_get(saved).global_set_sp(Global(7));
        b.finish().expect("well formed");
        let mut out = Vec::new();
        lower(&buffer.code(0), false, &Sum, &mut out).unwrap();
        let prologue = [0x23, 7, 0x22, 0, 0x41, 32, 0x6b, 0x41, 0x70, 0x71, 0x22, 1, 0x24, 7];
        assert_eq!(out, [&[1, 2, 0x7f][..], &prologue, &[0x20, 0, 0x24, 7, 0x0b]].concat());
    }
}
