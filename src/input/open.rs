//! Opens one file: its bytes, and what is in it. Runs for all files at once.

use crate::diagnostic::{Diagnostic, Kind};
use crate::input::archive::{self, Child};
use crate::input::archive_index;
use crate::input::files::{FileBytes, FileSystem};
use crate::input::recognise::{self, FileKind};
use crate::input::search::{imports_path, join};
use crate::input::stub;
use crate::mmap::os_text;
use rayon::prelude::*;
use std::ops::Range;
use std::path::Path;

/// A file that was opened and recognised.
pub struct Opened {
    /// The file's bytes.
    pub bytes: FileBytes,
    /// What is in it.
    pub content: Content,
}

/// What is in a file.
pub enum Content {
    /// One thing to link.
    Single(FileKind),
    /// Many of them.
    Archive(ArchiveContent),
    /// An archive that LLD stops at.
    BrokenArchive(Diagnostic),
}

/// An archive, taken apart.
#[derive(Default)]
pub struct ArchiveContent {
    /// In the order in which they stand in the archive.
    pub entries: Vec<Entry>,
    /// Names that may stay undefined, from the `.imports` file beside the archive; or why that could not be read.
    pub imports: Vec<Result<String, Diagnostic>>,
}

/// A member of an archive.
pub struct Entry {
    /// Its name as the archive has it.
    pub name: String,
    /// Where its bytes are in the archive; for a thin archive in its own file.
    pub range: Range<usize>,
    /// Where the names that it defines are in the archive, as far as the archive's symbol table says.
    pub names: Range<usize>,
    /// What it is.
    pub kind: FileKind,
    /// Path and bytes of its own file, if the archive is thin.
    pub file: Option<(String, FileBytes)>,
}

/// Opens the file at `path`.
///
/// # Errors
/// If it cannot be read.
pub fn open(path: &str, disk: &dyn FileSystem) -> Result<Opened, Diagnostic> {
    let bytes = read(path, disk)?;
    let content = match recognise::kind(bytes.as_ref()) {
        FileKind::Archive => match take_apart(path, bytes.as_ref(), disk) {
            Ok(entries) => Content::Archive(ArchiveContent { entries, imports: imports(path, disk) }),
            Err(error) => Content::BrokenArchive(error),
        },
        kind => Content::Single(kind),
    };
    Ok(Opened { bytes, content })
}

pub(super) fn read(path: &str, disk: &dyn FileSystem) -> Result<FileBytes, Diagnostic> {
    let error = |error| Diagnostic::error(Kind::Input, format!("cannot open {path}: {}", os_text(&error)));
    disk.read(Path::new(path)).map_err(error)
}

/// Reads a list of symbols that may stay undefined: one per line.
///
/// # Errors
/// If the file cannot be read.
pub fn symbol_list(path: &str, disk: &dyn FileSystem) -> Result<Vec<String>, Diagnostic> {
    let bytes = read(path, disk)?;
    Ok(stub::lines(&String::from_utf8_lossy(bytes.as_ref())).map(str::to_owned).collect())
}

fn imports(archive: &str, disk: &dyn FileSystem) -> Vec<Result<String, Diagnostic>> {
    let path = imports_path(archive);
    if !disk.exists(Path::new(&path)) {
        return Vec::new();
    }
    match symbol_list(&path, disk) {
        Ok(names) => names.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    }
}

fn take_apart(path: &str, bytes: &[u8], disk: &dyn FileSystem) -> Result<Vec<Entry>, Diagnostic> {
    let children =
        archive::children(bytes).map_err(|error| Diagnostic::error(Kind::Malformed, format!("{path}: {error}")))?;
    let names = archive_index::names(bytes, &children).unwrap_or_else(|| vec![0..0; children.len()]);
    if bytes.starts_with(archive::THIN_MAGIC) {
        let open = |(child, names)| open_thin(path, bytes, child, names, disk);
        let opened: Vec<_> = children.par_iter().zip(names).map(open).collect();
        // The first error in the order of the archive, not in that of the threads.
        return opened.into_iter().collect();
    }
    let entry = |(child, names): (Child, _)| {
        let range = child.body.unwrap_or_default();
        let kind = recognise::kind(&bytes[range.clone()]);
        Entry { name: text(&bytes[child.name]), kind, range, names, file: None }
    };
    Ok(children.into_iter().zip(names).map(entry).collect())
}

/// Reads the file that a member of a thin archive names, relative to the archive's folder.
fn open_thin(
    archive: &str,
    bytes: &[u8],
    child: &Child,
    names: Range<usize>,
    disk: &dyn FileSystem,
) -> Result<Entry, Diagnostic> {
    let name = text(&bytes[child.name.clone()]);
    let path = match archive.rfind('/') {
        Some(slash) if !name.starts_with('/') => join(&archive[..=slash], &name),
        _ => name.clone(),
    };
    let file = disk.read(Path::new(&path)).map_err(|error| {
        let what = "could not get the buffer for a child of the archive";
        Diagnostic::error(Kind::Input, format!("{archive}: {what}: '{name}': {}", os_text(&error)))
    })?;
    let (kind, range) = (recognise::kind(file.as_ref()), 0..file.as_ref().len());
    Ok(Entry { name, range, names, kind, file: Some((path, file)) })
}

fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}
