//! The sequential end of emission: section headers and small sections.

use crate::leb;

/// Section id of custom sections.
pub const CUSTOM: u8 = 0;
/// Section id of the function section.
pub const FUNCTION: u8 = 3;
/// Section id of the global section.
pub const GLOBAL: u8 = 6;
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

/// The name in the head of a custom section; `None` in those of other sections.
pub fn custom_name(head: &[u8]) -> Option<&str> {
    let mut at = 1;
    if head.first() != Some(&CUSTOM) || leb::read_u32(head, &mut at).is_err() {
        return None;
    }
    let len = leb::read_u32(head, &mut at).ok()?;
    std::str::from_utf8(head.get(at..at.checked_add(len as usize)?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_announces_its_own_bytes_and_what_follows() {
        assert_eq!(head(CODE, 3, |out| out.push(9)), [CODE, 4, 9]);
        assert_eq!(head(CUSTOM, 200, |out| out.extend(b"\x01a")), [CUSTOM, 0xca, 1, 1, b'a']);
    }

    #[test]
    fn custom_sections_have_names() {
        assert_eq!(custom_name(&head(CUSTOM, 200, |out| leb::push_name(out, b"ab"))), Some("ab"));
        assert_eq!(custom_name(&head(CODE, 0, |out| leb::push_name(out, b"ab"))), None);
    }
}
