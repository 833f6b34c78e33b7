//! Maps files. The one module with `unsafe` code: mapping a file is unsafe because another process may change it while it
//! is mapped.
#![allow(unsafe_code)]

use memmap2::{Mmap, MmapOptions};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Files below this size in bytes are read instead of mapped. Measured with two cores: up to 16 KiB both take the same
/// time; 32 KiB mapped take a fifth of the time of a copy into fresh memory. Mapping also takes a lock of the process.
const MAP_MIN: u64 = 4 << 10;
/// Most files that are mapped at a time; further ones are read. Systems limit the number of mappings (Linux: 65,530),
/// and threads and allocators need some.
const MAPPED_FILES_MAX: usize = 48_000;
/// The same for files below [`LARGE_FILE`]: some mappings are kept for those that are costly to read. Measured with 44,600
/// files of 120 KiB: to read every fourth of them takes as long as all the rest of the link.
const MAPPED_SMALL_FILES_MAX: usize = 32_000;
/// Bytes of a file that is costly to read.
const LARGE_FILE: usize = 32 << 10;
/// How many files this process has mapped.
static MAPPED_FILES: AtomicUsize = AtomicUsize::new(0);
/// Most bytes that are read from something whose size is not known, like a pipe.
const STREAM_MAX: u64 = 1 << 30;

/// The bytes of one file, mapped or in memory. Cloning one does not copy the bytes.
#[derive(Clone, Debug)]
pub struct FileBytes(Source);

#[derive(Clone, Debug)]
enum Source {
    Memory(Arc<Vec<u8>>),
    Mapped(Arc<Mapping>),
}

/// A mapped file, counted in [`MAPPED_FILES`].
#[derive(Debug)]
struct Mapping(Mmap);

impl Mapping {
    /// The file's first `len` bytes, which it has: the mapping would else ask for its size again. `None` if
    /// too many files are mapped or the system refuses.
    fn new(file: &File, len: usize) -> Option<Self> {
        let limit = if len < LARGE_FILE { MAPPED_SMALL_FILES_MAX } else { MAPPED_FILES_MAX };
        if MAPPED_FILES.fetch_add(1, Ordering::Relaxed) < limit {
            // SAFETY: a linker's inputs are not written while it runs; if another process truncates one all the same,
            // access ends this process with a signal, as in every linker that maps its inputs.
            if let Ok(map) = unsafe { MmapOptions::new().len(len).map(file) } {
                return Some(Self(map));
            }
        }
        MAPPED_FILES.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        MAPPED_FILES.fetch_sub(1, Ordering::Relaxed);
    }
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
        Self::of_file(&file, if metadata.is_file() { metadata.len() } else { 0 })
    }

    /// Says that pages of a mapped file will be looked at in no order: the system reads none in advance then.
    pub fn expect_random_access(&self) {
        #[cfg(unix)]
        if let Source::Mapped(map) = &self.0 {
            // A hint: without it the bytes are the same.
            let _ = map.0.advise(memmap2::Advice::Random);
        }
    }

    /// Maps the first `size` bytes of an opened file, or reads them where mapping does not pay or is not possible; with 0,
    /// reads what comes.
    fn of_file(file: &File, size: u64) -> io::Result<Self> {
        if size >= MAP_MIN
            && let Ok(len) = usize::try_from(size)
            && let Some(map) = Mapping::new(file, len)
        {
            return Ok(Self(Source::Mapped(Arc::new(map))));
        }
        read_stream(file, size)
    }
}

/// The smallest page of any system, in bytes.
#[cfg(target_os = "linux")]
const PAGE_BYTES_MIN: usize = 4 << 10;
/// Bytes of pages that one task gives back, at most.
#[cfg(target_os = "linux")]
const RELEASED_BYTES: usize = 16 << 20;

/// Gives the pages of mapped files back to the system, on all threads, if there are enough of them; the bytes stay readable.
/// What is left when a process ends is given back by one thread alone.
#[cfg(target_os = "linux")]
pub fn release_pages(files: &[FileBytes]) {
    use rayon::prelude::*;
    use rustix::mm::{Advice, madvise};
    let mapped = |file: &FileBytes| match &file.0 {
        Source::Mapped(map) => Some((map.0.as_ptr() as usize, map.0.len())),
        Source::Memory(_) => None,
    };
    let pieces = pieces_to_release(files.iter().filter_map(mapped).collect());
    if pieces.iter().map(|piece| piece.1).sum::<usize>() <= RELEASED_BYTES || rayon::current_num_threads() < 2 {
        return;
    }
    pieces.into_par_iter().with_max_len(1).for_each(|(start, size)| {
        // SAFETY: these are pages of read-only maps of files, which the borrowed files keep: whoever looks at one again
        // finds it in the file again. It is a hint: what is not given back now is given back later.
        let _ = unsafe { madvise(std::ptr::with_exposed_provenance_mut(start), size, Advice::LinuxDontNeed) };
    });
}

/// Maps, as (address, size), put together where they lie side by side, since each call interrupts all threads, and cut for
/// several threads.
#[cfg(target_os = "linux")]
fn pieces_to_release(mut maps: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    maps.sort_unstable();
    let runs = maps.chunk_by(|&(start, size), &(next, _)| next.saturating_sub(start + size) < PAGE_BYTES_MIN);
    let pieces = runs.flat_map(|run| {
        let (&(start, _), &(last, size)) = (run.first().unwrap_or(&(0, 0)), run.last().unwrap_or(&(0, 0)));
        let end = last + size;
        (start..end).step_by(RELEASED_BYTES).map(move |piece| (piece, (end - piece).min(RELEASED_BYTES)))
    });
    pieces.collect()
}

/// Elsewhere the system gives them back.
#[cfg(not(target_os = "linux"))]
pub fn release_pages(_files: &[FileBytes]) {}

/// Reads `file` to its end: `expected` bytes, or as many as come if that is 0 (pipes, devices, `/proc`).
fn read_stream(file: &File, expected: u64) -> io::Result<FileBytes> {
    let limit = if expected == 0 { STREAM_MAX + 1 } else { expected };
    let capacity = usize::try_from(expected).map_err(|_| ErrorKind::FileTooLarge)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(capacity).map_err(|_| ErrorKind::OutOfMemory)?;
    file.take(limit).read_to_end(&mut bytes)?;
    if expected == 0 && bytes.len() as u64 == limit {
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
            Source::Mapped(map) => &map.0,
        }
    }
}

/// The first `size` bytes of a file of our own that is written already, to read them again.
///
/// # Errors
/// What the system says.
pub fn read_back(mut file: &File, size: usize) -> io::Result<FileBytes> {
    // Not every system writes at an offset without moving on.
    file.rewind()?;
    FileBytes::of_file(file, size as u64)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_all_sizes_come_back() {
        let path = std::env::temp_dir().join(format!("wold-mmap-{}", std::process::id()));
        for size in [0, 1, MAP_MIN as usize - 1, MAP_MIN as usize, 3 << 20] {
            let bytes: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            assert!(FileBytes::open(&path).unwrap().as_ref() == bytes, "size {size}");
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn neighbours_are_released_together() {
        let (page, most) = (PAGE_BYTES_MIN, RELEASED_BYTES);
        let maps = vec![(9 * page, 5), (page, page), (2 * page, page + 1), (4 * page, 1), (64 * page, 2 * most + 7)];
        let large = 64 * page;
        let pieces = [(page, 3 * page + 1), (9 * page, 5), (large, most), (large + most, most), (large + 2 * most, 7)];
        assert_eq!(pieces_to_release(maps), pieces);
        assert_eq!(pieces_to_release(Vec::new()), []);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn released_pages_are_read_again() {
        let path = std::env::temp_dir().join(format!("wold-mmap-released-{}", std::process::id()));
        let file = File::create_new(&path).unwrap();
        file.set_len(2 * RELEASED_BYTES as u64 + 100).unwrap();
        let places = [0, 5000, RELEASED_BYTES as u64 - 1, RELEASED_BYTES as u64, 2 * RELEASED_BYTES as u64 + 99];
        for place in places {
            std::os::unix::fs::FileExt::write_all_at(&file, &[place as u8 | 1], place).unwrap();
        }
        let files = [FileBytes::open(&path).unwrap(), vec![7; 100].into()];
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        for _ in 0..2 {
            for place in places {
                assert_eq!(files[0].as_ref()[place as usize], place as u8 | 1);
            }
            assert_eq!(files[1].as_ref(), [7; 100]);
            pool.install(|| release_pages(&files));
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn errors_have_the_words_of_the_system() {
        let open = |path: &Path| os_text(&FileBytes::open(path).unwrap_err());
        let folder = std::env::temp_dir();
        assert_eq!(open(&folder.join("wold-mmap-none")), "No such file or directory");
        assert_eq!(open(&folder), "Is a directory");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_empty_device_is_an_empty_file() {
        assert!(FileBytes::open(Path::new("/dev/null")).unwrap().as_ref().is_empty());
    }
}
