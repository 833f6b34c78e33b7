//! How a field holds a value.

use super::table::Entry;
use super::value::{Place, Relocator};
use crate::index::FileIdx;
use crate::leb;
use crate::object::relocations::{Alike, Field, Relocation, RelocationKind, Relocations, Target};

/// Applies `relocations`, whose offsets count from `base` bytes before the start of `out`, to `out`.
#[inline]
pub fn apply(relocator: &Relocator, file: FileIdx, relocations: Relocations, base: u32, place: Place, out: &mut [u8]) {
    let mut file = relocator.of_file(file);
    for relocation in relocations {
        let out = &mut out[(relocation.offset - base) as usize..];
        let entry = file.entry(relocation.index);
        // Calls and addresses in code are most of what there is.
        match (relocation.kind, entry.kind()) {
            (RelocationKind::FUNCTION_INDEX_LEB, Entry::FUNCTION) => write_leb(out, entry.value(), entry.value() >> 28),
            (RelocationKind::MEMORY_ADDR_SLEB, Entry::DATA) => {
                let value = entry.value().wrapping_add_signed(relocation.addend as i32);
                write_leb(out, value, (value as i32 >> 28) as u32);
            }
            (RelocationKind::MEMORY_ADDR_LEB, Entry::DATA) => {
                let value = entry.value().wrapping_add_signed(relocation.addend as i32);
                write_leb(out, value, value >> 28);
            }
            (RelocationKind::GLOBAL_INDEX_LEB, Entry::GLOBAL) => write_leb(out, entry.value(), entry.value() >> 28),
            (RelocationKind::TABLE_INDEX_SLEB, Entry::FUNCTION) if let Some(slot) = file.slot(entry) => {
                write_leb(out, slot, (slot as i32 >> 28) as u32);
            }
            (RelocationKind::MEMORY_ADDR_I32, Entry::DATA) => {
                let value = entry.value().wrapping_add_signed(relocation.addend as i32);
                out[..4].copy_from_slice(&value.to_le_bytes());
            }
            _ => relocation.kind.field().write(file.general(relocation, place), out),
        }
    }
}

/// Applies `relocations` to `out`, which lies `base` bytes into a custom section. `tombstone` is as in [`Place`].
pub fn apply_to_custom(
    relocator: &Relocator,
    file: FileIdx,
    mut relocations: Relocations,
    base: u32,
    tombstone: u64,
    out: &mut [u8],
) {
    let mut file = relocator.of_file(file);
    let bodies = relocator.offsets.map(|offsets| offsets.bodies());
    while let Some((relocation, alike)) = relocations.next_with_alike() {
        let entry = file.entry(relocation.index);
        let run = Run { relocation, alike, relocations: &mut relocations, base };
        // Debug information has nothing but these, and millions of them.
        match (relocation.kind, entry.kind()) {
            (RelocationKind::SECTION_OFFSET_I32, Entry::STRINGS) if let Some(strings) = file.strings(entry) => {
                run.write(out, |addend| strings.translate(addend as u64) as u32);
            }
            (RelocationKind::SECTION_OFFSET_I32, Entry::SECTION) => {
                run.write(out, |addend| entry.value().wrapping_add(addend as u32));
            }
            (RelocationKind::FUNCTION_OFFSET_I32, Entry::FUNCTION)
                if let Some((offset, width)) = bodies.and_then(|bodies| bodies.get(entry.value())) =>
            {
                let start = (offset + width) as u32;
                run.write(out, |addend| start.wrapping_add(addend as u32));
            }
            (RelocationKind::FUNCTION_OFFSET_I32 | RelocationKind::SECTION_OFFSET_I32, Entry::GONE) => {
                run.write(out, |addend| if tombstone != 0 { tombstone as u32 } else { addend as u32 });
            }
            _ => {
                let value = file.general(relocation, Place { tombstone, address: 0 });
                relocation.kind.field().write(value, &mut out[(relocation.offset - base) as usize..]);
            }
        }
    }
}

/// A relocation, and what follows it.
struct Run<'r, 'i> {
    relocation: Relocation,
    /// What those have in common with it that are like it.
    alike: Option<Alike>,
    relocations: &'r mut Relocations<'i>,
    /// Where the output begins, as offsets count.
    base: u32,
}

impl Run<'_, '_> {
    /// Fills the fields, of four bytes each, of the relocation and of all like it that follow, with what `value` makes of
    /// their addends.
    #[inline(always)]
    fn write(self, out: &mut [u8], value: impl Fn(i64) -> u32) {
        let base = self.base;
        let mut put = |offset: u32, addend: i64| {
            let at = offset.wrapping_sub(base) as usize;
            out[at..at + 4].copy_from_slice(&value(addend).to_le_bytes());
        };
        put(self.relocation.offset, self.relocation.addend);
        let Some(alike) = self.alike else { return };
        while let Some((offset, addend)) = self.relocations.next_alike(&alike) {
            put(offset, addend);
        }
    }
}

/// Writes a LEB of five bytes, the last of which is the lowest bits of `high`.
#[inline(always)]
fn write_leb(out: &mut [u8], value: u32, high: u32) {
    let groups = (value & 0x7f) | (value & 0x3f80) << 1 | (value & 0x1f_c000) << 2 | (value & 0xfe0_0000) << 3;
    let (low, rest) = out.split_at_mut(4);
    low.copy_from_slice(&(groups | 0x8080_8080).to_le_bytes());
    rest[0] = high as u8 & 0x7f;
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
        if relocation.kind.target() == Target::TypeIndex && !is_unsigned_type(body, at) {
            leb::push_signed(out, value as u32 as i64);
        } else {
            push_short(&relocation, value, out);
        }
        done = at + relocation.kind.field().width();
    }
    out.extend_from_slice(&body[done..]);
}

/// Whether the type index at `at` is read as an unsigned number: that of an indirect call is. That of a block is read as a
/// signed one, like the types that stand for themselves, which to a padded field makes no difference.
/// Spec: WebAssembly core, "Binary Format", "Control Instructions". wasm-ld writes `block 64` as a block without results.
fn is_unsigned_type(body: &[u8], at: usize) -> bool {
    const CALL_INDIRECT: u8 = 0x11;
    const RETURN_CALL_INDIRECT: u8 = 0x13;
    let opcode = at.checked_sub(1).and_then(|before| body.get(before));
    matches!(opcode, Some(&(CALL_INDIRECT | RETURN_CALL_INDIRECT)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_fields_hold_what_leb_says() {
        for value in [0u32, 1, 0x7f, 0x80, 0x1234_5678, 0x7fff_ffff, 0x8000_0000, u32::MAX - 1, u32::MAX] {
            let (mut fast, mut slow) = ([0; 5], [0; 5]);
            Field::Unsigned5.write(value as u64, &mut fast);
            leb::write_unsigned_padded(&mut slow, value as u64);
            assert_eq!(fast, slow, "{value:#x}");
            Field::Signed5.write(value as u64, &mut fast);
            leb::write_signed_padded(&mut slow, value as i32 as i64);
            assert_eq!(fast, slow, "{value:#x} signed");
        }
    }
}
