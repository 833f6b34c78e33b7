//! Options -> inputs: finds, maps and recognises files, in command-line order.
//!
//! The waist of the hourglass: behind it nobody knows whether bytes came from a disk, an archive or a caller's memory.

pub mod archive;
pub mod files;
pub mod search;
pub mod stub;

use crate::diagnostic::{Diagnostics, Failed};
use crate::index::{IndexVec, MemberIdx};
use crate::options::Options;
use std::ops::Range;

pub use files::{Disk, FileSystem};

/// What a member is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// A WebAssembly binary.
    Wasm,
    /// A stub library (`#STUB`).
    Stub,
}

/// One thing to link: an object file, an archive member, or a stub library.
#[derive(Debug)]
pub struct Member {
    /// Index into the mapped files.
    file: u32,
    /// Its bytes in that file.
    range: Range<usize>,
    /// As messages show it: `a.o` or `libc.a(printf.o)`.
    pub name: String,
    /// The archive's path, if it comes from one.
    pub archive: Option<u32>,
    /// What it is.
    pub kind: MemberKind,
    /// Linked only if something needs it: archive members, and objects between `--start-lib` and `--end-lib`.
    pub lazy: bool,
    /// Its init functions and retained segments are roots from the start: all but lazily linked archive members.
    pub live: bool,
    /// Where `-l` and file arguments may not name shared libraries (`-Bstatic`).
    pub is_static: bool,
}

/// All inputs, mapped. Objects borrow from it.
#[derive(Debug, Default)]
pub struct Inputs {
    files: Vec<files::FileBytes>,
    paths: Vec<String>,
    /// In command-line order.
    pub members: IndexVec<MemberIdx, Member>,
    /// Names that may stay undefined, from `X.imports` beside an archive `X.a` and from `--allow-undefined-file`.
    pub allowed_undefined: Vec<String>,
}

impl Inputs {
    /// The bytes of a member.
    pub fn bytes(&self, member: MemberIdx) -> &[u8] {
        let member = &self.members[member];
        &self.files[member.file as usize].as_ref()[member.range.clone()]
    }
    /// Path of mapped file `file`.
    pub fn path(&self, file: u32) -> &str {
        &self.paths[file as usize]
    }
}

/// Finds, maps and takes apart everything that the options name.
///
/// # Errors
/// Missing, unreadable or unrecognised files, as LLD words it.
pub fn load(options: &Options, disk: &dyn FileSystem, diagnostics: &mut Diagnostics) -> Result<Inputs, Failed> {
    let _ = (options, disk);
    diagnostics.push(crate::diagnostic::Diagnostic::unsupported("inputs"));
    Err(Failed)
}
