//! What a file is, by its first bytes.

use crate::input::{archive, stub};
use crate::leb;

/// What a file or an archive member contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// An archive, thin or not.
    Archive,
    /// A WebAssembly object file (or at least something that begins like one).
    Wasm,
    /// A WebAssembly dynamic library: its first section is `dylink.0` or `dylink`.
    SharedLibrary,
    /// LLVM bitcode.
    Bitcode,
    /// A stub library.
    Stub,
    /// Nothing that can be linked.
    Unknown,
}

/// Looks at the first bytes of `file`; the rest is not touched.
pub fn kind(file: &[u8]) -> FileKind {
    if file.starts_with(b"\0asm") {
        return if is_shared_library(file) { FileKind::SharedLibrary } else { FileKind::Wasm };
    }
    if file.starts_with(archive::MAGIC) || file.starts_with(archive::THIN_MAGIC) {
        return FileKind::Archive;
    }
    // Bare bitcode, or bitcode inside the wrapper of 0x0b17c0de.
    if file.starts_with(b"BC\xc0\xde") || file.starts_with(b"\xde\xc0\x17\x0b") {
        return FileKind::Bitcode;
    }
    if file.starts_with(stub::MAGIC) { FileKind::Stub } else { FileKind::Unknown }
}

/// Spec: tool-conventions, DynamicLinking.md, "The dylink.0 Section": it must be the very first section.
fn is_shared_library(file: &[u8]) -> bool {
    const FIRST_SECTION: usize = 8;
    if file.get(FIRST_SECTION) != Some(&0) {
        return false;
    }
    let mut at = FIRST_SECTION + 1;
    let Ok(_) = leb::read_u32(file, &mut at) else { return false };
    let Ok(length) = leb::read_u32(file, &mut at) else { return false };
    let name = file.get(at..).and_then(|rest| rest.get(..length as usize));
    matches!(name, Some(b"dylink.0" | b"dylink"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_decide() {
        assert_eq!(kind(b"!<arch>\n"), FileKind::Archive);
        assert_eq!(kind(b"!<thin>\nrest"), FileKind::Archive);
        assert_eq!(kind(b"\0asm"), FileKind::Wasm);
        assert_eq!(kind(b"BC\xc0\xde5"), FileKind::Bitcode);
        assert_eq!(kind(b"\xde\xc0\x17\x0b"), FileKind::Bitcode);
        assert_eq!(kind(b"#STUB\n"), FileKind::Stub);
        for unknown in [&b""[..], b"\0as", b"!<arch>", b"\x7fELF", b"#stub"] {
            assert_eq!(kind(unknown), FileKind::Unknown);
        }
    }

    #[test]
    fn only_the_first_section_makes_a_shared_library() {
        assert_eq!(kind(b"\0asm\x01\0\0\0\0\x09\x08dylink.0"), FileKind::SharedLibrary);
        assert_eq!(kind(b"\0asm\x01\0\0\0\0\x87\0\x06dylink"), FileKind::SharedLibrary);
        assert_eq!(kind(b"\0asm\x01\0\0\0\0\x09\x08dylink.1"), FileKind::Wasm);
        assert_eq!(kind(b"\0asm\x01\0\0\0\0\x09\xff\xff\xff\xff\x0fdy"), FileKind::Wasm);
        assert_eq!(kind(b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\0\x09\x08dylink.0"), FileKind::Wasm);
    }
}
