//! Maps inputs and writes outputs. The one module with `unsafe` code: mapping a file is unsafe because another process
//! may change the file while it is mapped.
#![allow(unsafe_code)]

use memmap2::Mmap;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

/// Files below this size in bytes are read instead of mapped: a mapping costs more than copying them, and systems limit
/// the number of mappings (Linux: 65,530), which a link of many small objects would exceed.
const MAP_MIN: u64 = 64 << 10;
/// Most bytes that are read from something whose size is not known, like a pipe.
const STREAM_MAX: u64 = 1 << 30;

/// The bytes of one file, mapped or in memory. Cloning one does not copy the bytes.
#[derive(Clone, Debug)]
pub struct FileBytes(Source);

#[derive(Clone, Debug)]
enum Source {
    Memory(Arc<Vec<u8>>),
    Mapped(Arc<Mmap>),
}

impl FileBytes {
    /// Opens and reads or maps the file at `path`.
    ///
    /// # Errors
    /// What the system says, [`ErrorKind::IsADirectory`] for a folder, and [`ErrorKind::FileTooLarge`] for a pipe or
    /// device that gives more than 1 GiB.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(ErrorKind::IsADirectory.into());
        }
        if metadata.is_file() && metadata.len() >= MAP_MIN {
            // SAFETY: a linker's inputs are not written while it runs; if another process truncates one all the same,
            // access ends this process with a signal, as in every linker that maps its inputs.
            if let Ok(map) = unsafe { Mmap::map(&file) } {
                return Ok(Self(Source::Mapped(Arc::new(map))));
            }
        }
        read_stream(&file, metadata.len())
    }
}

/// Reads `file` to its end, of which `expected` bytes are announced (0 for files without a size).
fn read_stream(file: &File, expected: u64) -> io::Result<FileBytes> {
    let limit = STREAM_MAX.max(expected);
    // One byte more, so that the read that finds the end needs no larger buffer.
    let capacity = usize::try_from(expected.saturating_add(1)).map_err(|_| ErrorKind::FileTooLarge)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(capacity).map_err(|_| ErrorKind::OutOfMemory)?;
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(ErrorKind::FileTooLarge.into());
    }
    Ok(bytes.into())
}

impl From<Vec<u8>> for FileBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Source::Memory(Arc::new(bytes)))
    }
}

impl AsRef<[u8]> for FileBytes {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        match &self.0 {
            Source::Memory(bytes) => bytes,
            Source::Mapped(map) => map,
        }
    }
}

/// The system's words for `error`, without the ` (os error N)` that Rust appends.
pub fn os_text(error: &io::Error) -> String {
    if cfg!(unix) && error.raw_os_error().is_some() {
        let text = error.to_string();
        let end = text.rfind(" (os error ").unwrap_or(text.len());
        return text[..end].to_owned();
    }
    let text = match error.kind() {
        ErrorKind::NotFound => "No such file or directory",
        ErrorKind::PermissionDenied => "Permission denied",
        ErrorKind::IsADirectory => "Is a directory",
        ErrorKind::NotADirectory => "Not a directory",
        ErrorKind::FileTooLarge => "File too large",
        ErrorKind::OutOfMemory => "Cannot allocate memory",
        ErrorKind::StorageFull => "No space left on device",
        _ => return error.to_string(),
    };
    text.to_owned()
}
