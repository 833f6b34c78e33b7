//! How a field holds a value.

use super::value::{Place, Relocator};
use crate::index::FileIdx;
use crate::leb;
use crate::object::relocations::{Field, Relocation, Relocations};

/// Applies `relocations`, whose offsets count from `base` bytes before the start of `out`, to `out`.
#[inline]
pub fn apply(relocator: &Relocator, file: FileIdx, relocations: Relocations, base: u32, place: Place, out: &mut [u8]) {
    for relocation in relocations {
        let value = relocator.value(file, &relocation, place);
        let at = (relocation.offset - base) as usize;
        relocation.kind.field().write(value, &mut out[at..]);
    }
}

/// Appends `body`, whose first byte lies `base` bytes into the section, with each field as short as its value allows.
pub fn push_compressed(
    relocator: &Relocator,
    file: FileIdx,
    relocations: Relocations,
    base: u32,
    body: &[u8],
    out: &mut Vec<u8>,
) {
    let mut done = 0;
    for relocation in relocations {
        let at = (relocation.offset - base) as usize;
        out.extend_from_slice(&body[done..at]);
        let value = relocator.value(file, &relocation, Place::default());
        push_short(&relocation, value, out);
        done = at + relocation.kind.field().width();
    }
    out.extend_from_slice(&body[done..]);
}

fn push_short(relocation: &Relocation, value: u64, out: &mut Vec<u8>) {
    match relocation.kind.field() {
        Field::Unsigned5 => leb::push_unsigned(out, value as u32 as u64),
        Field::Unsigned10 => leb::push_unsigned(out, value),
        Field::Signed5 => leb::push_signed(out, value as u32 as i32 as i64),
        Field::Signed10 => leb::push_signed(out, value as i64),
        Field::Word4 => out.extend_from_slice(&(value as u32).to_le_bytes()),
        Field::Word8 => out.extend_from_slice(&value.to_le_bytes()),
    }
}
