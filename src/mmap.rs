//! Maps inputs and writes outputs. The one module with `unsafe` code: mapping a file is unsafe because another process
//! may change the file while it is mapped, and the standard library has no call that reserves disk space.
#![allow(unsafe_code)]

use memmap2::{Mmap, MmapMut};
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind, Read, Write};
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
    /// `None` if too many files are mapped or the system refuses.
    fn new(file: &File) -> Option<Self> {
        if MAPPED_FILES.fetch_add(1, Ordering::Relaxed) < MAPPED_FILES_MAX {
            // SAFETY: a linker's inputs are not written while it runs; if another process truncates one all the same,
            // access ends this process with a signal, as in every linker that maps its inputs.
            if let Ok(map) = unsafe { Mmap::map(file) } {
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
        if metadata.is_file()
            && metadata.len() >= MAP_MIN
            && let Some(map) = Mapping::new(&file)
        {
            return Ok(Self(Source::Mapped(Arc::new(map))));
        }
        read_stream(&file, metadata.len())
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

/// Outputs of this size in bytes and more are mapped. Measured on ext4 with two cores (fill and finish, previous target
/// absent): 10 MB mapped 7 ms, buffer and write 3 ms; 64 MiB 19 and 14 ms; 256 MiB 47 and 61 ms; 1 GB 146 and 569 ms.
/// Page faults on a small mapping cost more than a copy; the one write call of a buffer cannot use more than one core.
const MAP_OUTPUT_MIN: usize = 128 << 20;
/// Buffers of this size in bytes and more ask for huge pages, which makes filling them about three times as fast.
const HUGE_PAGES_MIN: usize = 1 << 20;
/// How often another temporary name is tried if the chosen one exists.
const TEMPORARY_NAMES_MAX: usize = 100;

/// A file that is written whole or not at all.
///
/// The bytes go into a temporary file beside the target, which takes the target's name (and place, if it exists) only
/// when [`OutputFile::commit`] has written all of them; until then, and if this is dropped, the target stays as it is. A
/// symbolic link is replaced, not followed. What is not a regular file (a device, a pipe) and `-`, standard output, are
/// written directly.
#[derive(Debug)]
pub struct OutputFile {
    target: Target,
    content: OutputBytes,
}

#[derive(Debug)]
enum Target {
    Stdout,
    /// A device or a pipe.
    Special(PathBuf),
    Regular(Temporary),
}

#[derive(Debug)]
enum OutputBytes {
    Small(Vec<u8>),
    Buffer(MmapMut),
    /// The temporary file itself.
    Mapped(MmapMut),
    /// Nothing: the caller writes to the temporary file.
    Streamed,
}

impl OutputFile {
    /// Prepares to write `size` bytes to `path`. The bytes are zero until they are set. Disk space is reserved now where
    /// the file system can do that, so that a full disk is an error here or in [`OutputFile::commit`], never a signal.
    ///
    /// # Errors
    /// `failed to open PATH: ...`
    pub fn create(path: &str, size: usize) -> Result<Self, String> {
        Self::try_create(path, size, false).map_err(|error| format!("failed to open {path}: {}", os_text(&error)))
    }

    /// As [`OutputFile::create`]; but a regular file that is not large enough to be mapped has no buffer: the caller
    /// writes to [`OutputFile::stream`]. That saves a buffer as large as the file, and the kernel clearing its pages.
    ///
    /// # Errors
    /// `failed to open PATH: ...`
    pub fn create_streamed(path: &str, size: usize) -> Result<Self, String> {
        Self::try_create(path, size, true).map_err(|error| format!("failed to open {path}: {}", os_text(&error)))
    }

    fn try_create(path: &str, size: usize, streamed: bool) -> io::Result<Self> {
        let target = match destination(path)? {
            Destination::Stdout => Target::Stdout,
            Destination::Special => Target::Special(path.into()),
            Destination::Regular => Target::Regular(Temporary::create(Path::new(path))?),
        };
        let reserved = match &target {
            Target::Regular(temporary) => reserve(&temporary.file, size)?,
            _ => false,
        };
        if let Target::Regular(temporary) = &target
            && reserved
            && size >= MAP_OUTPUT_MIN
        {
            // SAFETY: nobody else knows the file's name, which is random and was created here, and its blocks are
            // reserved, so that the mapping neither changes nor shrinks behind our back.
            if let Ok(map) = unsafe { MmapMut::map_mut(&temporary.file) } {
                return Ok(Self { target, content: OutputBytes::Mapped(map) });
            }
        }
        let content = match target {
            Target::Regular(_) if streamed => OutputBytes::Streamed,
            _ => OutputBytes::in_memory(size)?,
        };
        Ok(Self { target, content })
    }

    /// The file itself, if it is written piece by piece instead of from a buffer: see [`OutputFile::create_streamed`].
    pub fn stream(&self) -> Option<&File> {
        match (&self.target, &self.content) {
            (Target::Regular(temporary), OutputBytes::Streamed) => Some(&temporary.file),
            _ => None,
        }
    }

    /// The bytes to fill in.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.content {
            OutputBytes::Small(bytes) => bytes,
            OutputBytes::Buffer(map) | OutputBytes::Mapped(map) => map,
            OutputBytes::Streamed => &mut [],
        }
    }

    /// Writes the bytes and puts the file in its place. A new file may be read, written and executed by everyone whom
    /// the process's file creation mask does not exclude.
    ///
    /// # Errors
    /// `failed to write output 'PATH': ...`; the target is as it was, unless it is a device, a pipe or standard output.
    pub fn commit(self) -> Result<(), String> {
        let path = match &self.target {
            Target::Stdout => "-".to_owned(),
            Target::Special(path) => path.display().to_string(),
            Target::Regular(temporary) => temporary.target.display().to_string(),
        };
        self.try_commit().map_err(|error| format!("failed to write output '{path}': {}", os_text(&error)))
    }

    fn try_commit(self) -> io::Result<()> {
        let bytes: &[u8] = match &self.content {
            OutputBytes::Small(bytes) => bytes,
            OutputBytes::Buffer(map) | OutputBytes::Mapped(map) => map,
            OutputBytes::Streamed => &[],
        };
        match self.target {
            Target::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes)?;
                stdout.flush()
            }
            Target::Special(path) => OpenOptions::new().write(true).truncate(true).open(path)?.write_all(bytes),
            Target::Regular(mut temporary) => {
                if !matches!(self.content, OutputBytes::Mapped(_) | OutputBytes::Streamed) {
                    temporary.file.write_all(bytes)?;
                }
                temporary.rename()
            }
        }
    }
}

impl OutputBytes {
    fn in_memory(size: usize) -> io::Result<Self> {
        if size < HUGE_PAGES_MIN {
            return Ok(Self::Small(vec![0; size]));
        }
        let map = MmapMut::map_anon(size)?;
        // A wish: without huge pages the buffer is only slower.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
        Ok(Self::Buffer(map))
    }
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
        fs::rename(&self.path, &self.target)?;
        self.renamed = true;
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

/// Gives `file` its size and reserves the disk blocks. `false` if this system or file system cannot reserve any; then
/// the file is as it was. Reserving pays even for files that are written: it spares ext4 from finding blocks at once
/// when the file replaces another one, which more than halves the time of the whole.
#[cfg(target_os = "linux")]
fn reserve(file: &File, size: usize) -> io::Result<bool> {
    use std::os::fd::AsRawFd;
    let Ok(length) = libc::off64_t::try_from(size) else { return Err(ErrorKind::FileTooLarge.into()) };
    if length == 0 {
        return Ok(false);
    }
    loop {
        // SAFETY: the call takes no pointer, and the descriptor is open as long as `file` lives.
        if unsafe { libc::fallocate64(file.as_raw_fd(), 0, 0, length) } == 0 {
            return Ok(true);
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EINTR) => {}
            Some(libc::ENOSPC | libc::EDQUOT | libc::EFBIG) => return Err(error),
            _ => return Ok(false),
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn reserve(_file: &File, _size: usize) -> io::Result<bool> {
    Ok(false)
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
        let mut output = OutputFile::create(path, bytes.len()).unwrap();
        output.bytes_mut().copy_from_slice(bytes);
        output.commit().unwrap();
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
        output.bytes_mut().fill(7);
        assert_eq!(folder.names().len(), 2);
        drop(output);
        assert_eq!(check_writable(&path), Ok(()));
        assert_eq!((folder.names(), fs::read(&path).unwrap()), (vec!["out".to_owned()], b"old".to_vec()));
        write(&path, b"new!");
        assert_eq!((folder.names(), fs::read(&path).unwrap()), (vec!["out".to_owned()], b"new!".to_vec()));
    }

    #[test]
    fn mapped_outputs_are_written_too() {
        let folder = Folder::new("mapped");
        let path = folder.path("out");
        let mut output = OutputFile::create(&path, MAP_OUTPUT_MIN).unwrap();
        output.bytes_mut()[MAP_OUTPUT_MIN - 1] = 9;
        output.commit().unwrap();
        let bytes = FileBytes::open(Path::new(&path)).unwrap();
        assert_eq!((bytes.as_ref().len(), bytes.as_ref()[MAP_OUTPUT_MIN - 1]), (MAP_OUTPUT_MIN, 9));
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
        let mut full = OutputFile::create("/dev/full", 4).unwrap();
        full.bytes_mut().fill(1);
        assert_eq!(full.commit(), Err("failed to write output '/dev/full': No space left on device".into()));
        assert!(FileBytes::open(Path::new("/dev/null")).unwrap().as_ref().is_empty());
    }
}
