//! Symbol names as people read them, word for word as LLVM's tools show them.
//!
//! Two manglings that LLVM knows are left as they are: that of D (`_D`), of whose names LLVM reads only those of a few
//! variables and tables, and Microsoft's (`?`), which no compiler for WebAssembly uses.

mod itanium;
mod rust;

use std::borrow::Cow;
use std::cell::RefCell;

/// Names longer than this, in bytes, are left unchanged.
const MAX_NAME: usize = 1 << 20;

/// How much memory a thread may keep from one name to the next, in bytes.
const MAX_KEPT: usize = 1 << 20;

/// Memory that a thread uses for one name after another; what it holds between them only saves work.
#[derive(Default)]
struct Memory {
    itanium: itanium::Scratch,
    out: Vec<u8>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// `name` demangled as LLVM's tools do: Itanium C++ (`_Z`) and Rust v0 (`_R`), also with a dot or one more underscore
/// before; other names, and those that do not fit their grammar, as they are.
///
/// Pure, and cheap to call from many threads. Names that nest deeper than any compiler makes them, or whose text would
/// be longer than 1 MiB, stay as they are too.
pub fn demangle(name: &str) -> Cow<'_, str> {
    with_demangled(name.as_bytes(), |text| match std::str::from_utf8(text) {
        Ok(text) if text != name => Cow::Owned(text.to_owned()),
        _ => Cow::Borrowed(name),
    })
}

/// Gives what [`demangle`] returns to `take`, without memory of its own. `take` must not demangle. `name` is UTF-8.
pub fn with_demangled<R>(bytes: &[u8], take: impl FnOnce(&[u8]) -> R) -> R {
    // Most names of C programs end here.
    if !matches!(bytes, [b'_' | b'.', b'_' | b'Z' | b'R', ..]) || bytes.len() > MAX_NAME {
        return take(bytes);
    }
    MEMORY.with_borrow_mut(|memory| {
        // Lengths in a name may cut its letters; those of an ASCII name have one byte each.
        let found = text_of(bytes, memory).is_some() && (bytes.is_ascii() || std::str::from_utf8(&memory.out).is_ok());
        let taken = take(if found { &memory.out } else { bytes });
        if memory.itanium.capacity() + memory.out.capacity() > MAX_KEPT {
            *memory = Memory::default();
        }
        taken
    })
}

/// Writes the demangled text into `memory.out`, if `name` is mangled.
fn text_of(name: &[u8], memory: &mut Memory) -> Option<()> {
    let (dot, mangled) = match name.strip_prefix(b".") {
        Some(rest) => (true, rest),
        None => (false, name),
    };
    let found = demangle_into(mangled, dot, memory);
    // Some platforms put an underscore before every name.
    found.or_else(|| demangle_into(name.strip_prefix(b"_")?, false, memory))
}

/// Demangles `name` into `memory.out`, after a dot if `dot`.
fn demangle_into(name: &[u8], dot: bool, memory: &mut Memory) -> Option<()> {
    let Memory { itanium, out } = memory;
    out.clear();
    if dot {
        out.push(b'.');
    }
    match name {
        [b'_', b'Z', ..] | [b'_', b'_', b'Z', ..] => itanium::demangle(name, itanium, out),
        [b'_', b'_', b'_', b'Z', ..] | [b'_', b'_', b'_', b'_', b'Z', ..] => itanium::demangle(name, itanium, out),
        [b'_', b'R', ..] => rust::demangle(name, out),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
