//! Maps inputs and writes outputs. The one module with `unsafe` code: mapping a file is unsafe because another process
//! may change the file while it is mapped, and the standard library has no call that reserves disk space.
#![allow(unsafe_code)]

use memmap2::{Mmap, MmapOptions};
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Files below this size in bytes are read instead of mapped. Measured with two cores: up to 16 KiB both take the same
/// time; 32 KiB mapped take a fifth of the time of a copy into fresh memory. Mapping also takes a lock of the process.
const MAP_MIN: u64 = 4 << 10;
/// Most files that are mapped at a time; further ones are read. Systems limit the number of mappings (Linux: 65,530),
/// and threads and allocators need some.
const MAPPED_FILES_MAX: usize = 32_000;
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
        if MAPPED_FILES.fetch_add(1, Ordering::Relaxed) < MAPPED_FILES_MAX {
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

/// How often another temporary name is tried if the chosen one exists.
const TEMPORARY_NAMES_MAX: usize = 100;
/// An older output file of this size in bytes or more is taken away by another thread.
const FREED_ASIDE_MIN: u64 = 1 << 20;

/// A file that is written whole or not at all.
///
/// The bytes go into a temporary file beside the target, which takes the target's name (and place, if it exists) only
/// when [`OutputFile::commit`] is called; until then, and if this is dropped, the target stays as it is. A symbolic link
/// is replaced, not followed. What is not a regular file (a device, a pipe) and `-`, standard output, are written
/// directly, from a buffer.
///
/// Regular files are written in pieces, from any thread. Measured with two cores, 154 MB: a mapping of the file takes a
/// tenth more CPU time, for its page faults, and its pages count as memory of the process; one buffer takes even more.
#[derive(Debug)]
pub struct OutputFile(Target);

#[derive(Debug)]
enum Target {
    Regular(Temporary),
    Stdout(Vec<u8>),
    /// A device or a pipe.
    Special(PathBuf, Vec<u8>),
}

impl OutputFile {
    /// Prepares to write `size` bytes, or a little more, to `path`. Disk space is reserved now where the file system can
    /// do that, so that a full disk is known before any work is done.
    ///
    /// # Errors
    /// `failed to open PATH: ...`
    pub fn create(path: &str, size: usize) -> Result<Self, String> {
        let create = || match destination(path)? {
            Destination::Stdout => Ok(Target::Stdout(Vec::new())),
            Destination::Special => Ok(Target::Special(path.into(), Vec::new())),
            Destination::Regular => {
                let temporary = Temporary::create(Path::new(path))?;
                reserve(&temporary.file, size)?;
                Ok(Target::Regular(temporary))
            }
        };
        create().map(Self).map_err(|error: io::Error| format!("failed to open {path}: {}", os_text(&error)))
    }

    /// The file that is to be written with [`write_at`]; or, for what cannot be written at any offset, the buffer for all
    /// of its bytes.
    pub fn content(&mut self) -> Content<'_> {
        match &mut self.0 {
            Target::Regular(temporary) => Content::File(&temporary.file),
            Target::Stdout(bytes) | Target::Special(_, bytes) => Content::Buffer(bytes),
        }
    }

    /// Puts the file in its place. A new file may be read, written and executed by everyone whom the process's file
    /// creation mask does not exclude.
    ///
    /// # Errors
    /// `failed to write output 'PATH': ...`; the target is as it was, unless it is a device, a pipe or standard output.
    pub fn commit(self) -> Result<(), String> {
        let (path, result) = match self.0 {
            Target::Stdout(bytes) => {
                let mut stdout = io::stdout().lock();
                ("-".to_owned(), stdout.write_all(&bytes).and_then(|()| stdout.flush()))
            }
            Target::Special(path, bytes) => {
                let file = OpenOptions::new().write(true).truncate(true).open(&path);
                (path.display().to_string(), file.and_then(|mut file| file.write_all(&bytes)))
            }
            Target::Regular(temporary) => (temporary.target.display().to_string(), temporary.rename()),
        };
        result.map_err(|error| format!("failed to write output '{path}': {}", os_text(&error)))
    }
}

/// Writes `bytes` to `path`, whole or not at all: see [`OutputFile`].
///
/// # Errors
/// As [`OutputFile::create`] and [`OutputFile::commit`].
pub fn write_file(path: &str, bytes: &[u8]) -> Result<(), String> {
    let mut output = OutputFile::create(path, bytes.len())?;
    match output.content() {
        Content::Buffer(buffer) => buffer.extend_from_slice(bytes),
        Content::File(file) => {
            write_at(file, 0, bytes).map_err(|error| format!("failed to write output '{path}': {}", os_text(&error)))?
        }
    }
    output.commit()
}

/// Where the bytes of an [`OutputFile`] go.
pub enum Content<'f> {
    /// A file without bytes, or of the announced size.
    File(&'f File),
    /// Still empty.
    Buffer(&'f mut Vec<u8>),
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

/// Writes all of `bytes` at `offset` of `file`, from any thread.
///
/// # Errors
/// What the system says.
pub fn write_at(file: &File, offset: usize, bytes: &[u8]) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::write_all_at(file, bytes, offset as u64);
    #[cfg(not(unix))]
    {
        let mut file = file;
        static POSITION: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let _guard = POSITION.lock();
        io::Seek::seek(&mut file, io::SeekFrom::Start(offset as u64))?;
        file.write_all(bytes)
    }
}

/// How a path is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Destination {
    Stdout,
    Special,
    Regular,
}

fn destination(path: &str) -> io::Result<Destination> {
    if path == "-" {
        return Ok(Destination::Stdout);
    }
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(metadata) if !metadata.is_file() => Ok(Destination::Special),
        // If there is a reason why the path cannot be looked at, creating the temporary file says it.
        Ok(_) | Err(_) => Ok(Destination::Regular),
    }
}

/// Tells whether an output file can be made at `path`, without leaving anything behind or touching what is there.
///
/// # Errors
/// The system's reason, to stand behind `cannot open output file PATH: `.
pub fn check_writable(path: &str) -> Result<(), String> {
    let check = || match destination(path)? {
        Destination::Regular => Temporary::create(Path::new(path)).map(drop),
        Destination::Stdout | Destination::Special => Ok(()),
    };
    check().map_err(|error| os_text(&error))
}

/// A temporary file beside the target that it will replace. Removed when dropped.
#[derive(Debug)]
struct Temporary {
    file: File,
    path: PathBuf,
    target: PathBuf,
    renamed: bool,
}

impl Temporary {
    fn create(target: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o777);
        let mut result = Err(ErrorKind::AlreadyExists.into());
        for _ in 0..TEMPORARY_NAMES_MAX {
            // The state is seeded by the system's random numbers: nobody can foresee the name.
            let random = RandomState::new().build_hasher().finish();
            let mut path = target.as_os_str().to_owned();
            path.push(format!(".tmp{random:016x}"));
            let path = PathBuf::from(path);
            result = options.open(&path).map(|file| (file, path));
            if !matches!(&result, Err(error) if error.kind() == ErrorKind::AlreadyExists) {
                break;
            }
        }
        let (file, path) = result?;
        Ok(Self { file, path, target: target.to_owned(), renamed: false })
    }

    fn rename(mut self) -> io::Result<()> {
        // Freeing the pages of the file that is replaced takes as long as writing them did. It happens when the last
        // handle is closed: that is then done by another thread, while this one goes on.
        let old = File::open(&self.target).ok();
        fs::rename(&self.path, &self.target)?;
        self.renamed = true;
        if let Some(old) = old.filter(|old| old.metadata().is_ok_and(|metadata| metadata.len() >= FREED_ASIDE_MIN)) {
            rayon::spawn(move || drop(old));
        }
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            // Nothing can be done about a file that cannot be removed.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Gives `file` its size and reserves the disk blocks, where this system and file system can do that. It spares ext4 from
/// finding blocks at once when the file replaces another one, which more than halves the time of the whole. A file system
/// in memory has no blocks to find: there this would only be the serial part of writing.
#[cfg(target_os = "linux")]
fn reserve(file: &File, size: usize) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let Ok(length) = libc::off64_t::try_from(size) else { return Err(ErrorKind::FileTooLarge.into()) };
    let in_memory = rustix::fs::fstatfs(file).is_ok_and(|system| system.f_type == libc::TMPFS_MAGIC);
    if length == 0 || in_memory {
        return Ok(());
    }
    loop {
        // SAFETY: the call takes no pointer, and the descriptor is open as long as `file` lives.
        if unsafe { libc::fallocate64(file.as_raw_fd(), 0, 0, length) } == 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EINTR) => {}
            Some(libc::ENOSPC | libc::EDQUOT | libc::EFBIG) => return Err(error),
            _ => return Ok(()),
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn reserve(_file: &File, _size: usize) -> io::Result<()> {
    Ok(())
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

    /// A folder of its own for one test, removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("wold-mmap-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
        fn path(&self, name: &str) -> String {
            self.0.join(name).to_str().unwrap().to_owned()
        }
        fn names(&self) -> Vec<String> {
            let mut names: Vec<_> =
                fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn write(path: &str, bytes: &[u8]) {
        write_file(path, bytes).unwrap();
    }

    #[test]
    fn files_of_all_sizes_come_back() {
        let folder = Folder::new("read");
        for size in [0, 1, MAP_MIN as usize - 1, MAP_MIN as usize, 3 << 20] {
            let path = folder.path("file");
            let bytes: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
            write(&path, &bytes);
            assert_eq!(fs::metadata(&path).unwrap().len(), size as u64);
            assert!(FileBytes::open(Path::new(&path)).unwrap().as_ref() == bytes, "size {size}");
        }
        assert_eq!(folder.names(), ["file"]);
    }

    #[test]
    fn errors_have_the_words_of_the_system() {
        let folder = Folder::new("errors");
        let open = |path: &str| os_text(&FileBytes::open(Path::new(path)).unwrap_err());
        assert_eq!(open(&folder.path("none")), "No such file or directory");
        assert_eq!(open(&folder.path("")), "Is a directory");
        write(&folder.path("file"), b"x");
        assert_eq!(check_writable(&folder.path("none/x")), Err("No such file or directory".into()));
        assert_eq!(check_writable(&folder.path("")), Err("Is a directory".into()));
        assert_eq!(check_writable(&folder.path("file/x")), Err("Not a directory".into()));
        let path = folder.path("none/x");
        let error = OutputFile::create(&path, 8).unwrap_err();
        assert_eq!(error, format!("failed to open {path}: No such file or directory"));
    }

    #[test]
    fn the_target_changes_only_on_commit() {
        let folder = Folder::new("commit");
        let path = folder.path("out");
        assert_eq!(check_writable(&path), Ok(()));
        assert_eq!(folder.names(), [""; 0]);
        fs::write(&path, b"old").unwrap();
        let mut output = OutputFile::create(&path, 8).unwrap();
        let Content::File(file) = output.content() else { panic!("a regular file") };
        write_at(file, 4, &[7; 4]).unwrap();
        assert_eq!(read_back(file, 8).unwrap().as_ref(), [0, 0, 0, 0, 7, 7, 7, 7]);
        assert_eq!(folder.names().len(), 2);
        drop(output);
        assert_eq!(check_writable(&path), Ok(()));
        assert_eq!((folder.names(), fs::read(&path).unwrap()), (vec!["out".to_owned()], b"old".to_vec()));
        write(&path, b"new!");
        assert_eq!((folder.names(), fs::read(&path).unwrap()), (vec!["out".to_owned()], b"new!".to_vec()));
    }

    #[test]
    fn a_large_old_file_is_replaced_too() {
        let folder = Folder::new("large");
        let path = folder.path("out");
        for byte in [1, 2] {
            write(&path, &vec![byte; FREED_ASIDE_MIN as usize]);
            assert!(fs::read(&path).unwrap() == vec![byte; FREED_ASIDE_MIN as usize]);
        }
        assert_eq!(folder.names(), ["out"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_replaced_and_results_are_executable() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = Folder::new("links");
        fs::write(folder.path("real"), b"old").unwrap();
        symlink("real", folder.path("link")).unwrap();
        write(&folder.path("link"), b"new");
        assert_eq!(fs::read(folder.path("real")).unwrap(), b"old");
        let metadata = fs::symlink_metadata(folder.path("link")).unwrap();
        assert!(metadata.is_file() && metadata.permissions().mode() & 0o100 != 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn devices_are_written_directly() {
        assert_eq!(check_writable("/dev/null"), Ok(()));
        write("/dev/null", b"gone");
        let full = write_file("/dev/full", &[1; 4]);
        assert_eq!(full, Err("failed to write output '/dev/full': No space left on device".into()));
        assert!(FileBytes::open(Path::new("/dev/null")).unwrap().as_ref().is_empty());
    }
}
