//! The sequential end of emission: section headers and small sections.

use crate::leb;

/// Section id of custom sections.
pub const CUSTOM: u8 = 0;
/// Section id of the code section.
pub const CODE: u8 = 10;
/// Section id of the data section.
pub const DATA: u8 = 11;

/// The bytes of a section up to the part that is filled later: id, size, and what `write` appends. `fill` bytes follow.
///
/// The size is not known before `write` has run: a slot is reserved for it and patched right-aligned, so that what is
/// behind it never moves.
pub fn head(id: u8, fill: usize, write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    const SLOT: usize = leb::PADDED_32;
    let mut out = vec![0; 1 + SLOT];
    write(&mut out);
    let size = (out.len() - 1 - SLOT + fill) as u64;
    let width = leb::unsigned_size(size);
    if width <= SLOT {
        leb::write_unsigned_padded(&mut out[1 + SLOT - width..1 + SLOT], size);
        out[SLOT - width] = id;
        out.drain(..SLOT - width);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_announces_its_own_bytes_and_what_follows() {
        assert_eq!(head(CODE, 3, |out| out.push(9)), [CODE, 4, 9]);
        assert_eq!(head(CUSTOM, 200, |out| out.extend(b"\x01a")), [CUSTOM, 0xca, 1, 1, b'a']);
    }
}
