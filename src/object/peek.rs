//! A short look at an object that may not be needed.

use crate::leb;

/// Bytes in front of the first section: magic number and version.
const HEADER: usize = 8;
const IMPORT_SECTION: u8 = 2;
/// The bit of a memory's limits for 64-bit addresses. Spec: WebAssembly core, "Binary Format", "Limits".
const LIMITS_64: u8 = 4;

/// Whether the object `bytes` is wasm64, going by the first memory that it imports: compilers' objects all import theirs.
/// `None` if it imports none, or if something on the way there is odd.
pub fn is_64(bytes: &[u8]) -> Option<bool> {
    let mut at = HEADER;
    loop {
        let id = *bytes.get(at)?;
        at += 1;
        let size = leb::read_u32(bytes, &mut at).ok()? as usize;
        let end = at.checked_add(size).filter(|&end| end <= bytes.len())?;
        if id == IMPORT_SECTION {
            return first_memory(&bytes[at..end]);
        }
        at = end;
    }
}

/// Whether the first memory of an import section is a 64-bit one.
fn first_memory(section: &[u8]) -> Option<bool> {
    let mut at = 0;
    let number = |at: &mut usize| leb::read_u32(section, at).ok();
    for _ in 0..number(&mut at)? {
        for _ in ["module", "field"] {
            let size = number(&mut at)?;
            at = at.checked_add(size as usize)?;
        }
        let kind = *section.get(at)?;
        at += 1;
        match kind {
            0 => _ = number(&mut at)?,
            1 => {
                let has_maximum = section.get(at + 1)? & 1 != 0;
                at += 2;
                (0..=usize::from(has_maximum)).try_for_each(|_| number(&mut at).map(|_| ()))?;
            }
            2 => return Some(section.get(at)? & LIMITS_64 != 0),
            3 => at += 2,
            4 => {
                at += 1;
                number(&mut at)?;
            }
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An object with `imports` behind an empty type section.
    fn object(count: u8, imports: &[&[u8]]) -> Vec<u8> {
        let entries = imports.concat();
        let head = [b"\0asm\x01\0\0\0", &[1, 1, 0, 2, entries.len() as u8 + 1, count][..]].concat();
        [head, entries].concat()
    }

    #[test]
    fn the_first_memory_decides() {
        let function: &[u8] = &[1, b'e', 1, b'f', 0, 0x85, 1];
        let table: &[u8] = &[1, b'e', 1, b't', 1, 0x70, 1, 2, 0xff, 1];
        let global: &[u8] = &[1, b'e', 0, 3, 0x7f, 1];
        let tag: &[u8] = &[0, 1, b'x', 4, 0, 3];
        let (memory_32, memory_64): (&[u8], &[u8]) = (&[1, b'e', 1, b'm', 2, 0, 1], &[1, b'e', 1, b'm', 2, 5, 1, 9]);
        assert_eq!(is_64(&object(1, &[memory_32])), Some(false));
        assert_eq!(is_64(&object(5, &[function, table, global, tag, memory_64])), Some(true));
        assert_eq!(is_64(&object(4, &[function, table, global, tag])), None, "no memory");
        assert_eq!(is_64(b"\0asm\x01\0\0\0"), None, "no imports");
        let whole = object(5, &[function, table, global, tag, memory_64]);
        for len in 0..whole.len() {
            assert_eq!(is_64(&whole[..len]), None, "cut off at {len}");
        }
        assert_eq!(is_64(&object(1, &[&[0xff, 0xff, 0xff, 0xff, 0xf, 0, 0, 0]])), None, "a name that is too long");
    }
}
