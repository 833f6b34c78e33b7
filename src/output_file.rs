//! Writes the files that a link makes: whole or not at all.

use crate::mmap::os_text;
#[cfg(target_os = "linux")]
use rustix::{
    fs::{AtFlags, CWD, FallocateFlags, Mode, OFlags},
    io::Errno,
};
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

/// How often another temporary name is tried if the chosen one exists.
const TEMPORARY_NAMES_MAX: usize = 100;
/// An older output file of this size in bytes or more is taken away by another thread.
const FREED_ASIDE_MIN: u64 = 1 << 20;
/// What a new file may be used for, but for what the process's file creation mask excludes.
#[cfg(unix)]
const MODE: u32 = 0o777;

/// A file that is written whole or not at all.
///
/// The bytes go into a file of their own, which takes the target's name (and place, if it exists) only when
/// [`OutputFile::commit`] is called; until then, and if this is dropped, the target stays as it is. A symbolic link is
/// replaced, not followed. What is not a regular file (a device, a pipe) and `-`, standard output, are written
/// directly, from a buffer.
///
/// Regular files are written in pieces, from any thread. Measured with two cores, 154 MB: a mapping of the file takes a
/// tenth more CPU time, for its page faults, and its pages count as memory of the process; one buffer takes even more.
#[derive(Debug)]
pub struct OutputFile(Target);

#[derive(Debug)]
enum Target {
    Regular(Unfinished),
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
                let file = Unfinished::create(Path::new(path))?;
                reserve(&file.file, size)?;
                Ok(Target::Regular(file))
            }
        };
        create().map(Self).map_err(|error: io::Error| format!("failed to open {path}: {}", os_text(&error)))
    }

    /// The file that is to be written with [`write_at`]; or, for what cannot be written at any offset, the buffer for all
    /// of its bytes.
    pub fn content(&mut self) -> Content<'_> {
        match &mut self.0 {
            Target::Regular(file) => Content::File(&file.file),
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
            Target::Regular(file) => (file.target.display().to_string(), file.take_place()),
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
        // If there is a reason why the path cannot be looked at, creating the file says it.
        Ok(_) | Err(_) => Ok(Destination::Regular),
    }
}

/// Tells whether an output file can be made at `path`, without leaving anything behind or touching what is there.
///
/// # Errors
/// The system's reason, to stand behind `cannot open output file PATH: `.
pub fn check_writable(path: &str) -> Result<(), String> {
    let check = || match destination(path)? {
        Destination::Regular => Unfinished::create(Path::new(path)).map(drop),
        Destination::Stdout | Destination::Special => Ok(()),
    };
    check().map_err(|error| os_text(&error))
}

/// A file that is being written. Where the system has files without a name it gets one when it is complete, and a link that
/// is killed leaves nothing behind. Elsewhere it is a temporary file beside its target, removed when dropped.
#[derive(Debug)]
struct Unfinished {
    file: File,
    /// Its name until it has that of its target, if it has one.
    temporary: Option<PathBuf>,
    target: PathBuf,
}

impl Unfinished {
    fn create(target: &Path) -> io::Result<Self> {
        let target = target.to_owned();
        match nameless(&target) {
            Some(file) => Ok(Self { file, temporary: None, target }),
            None => Self::create_named(target),
        }
    }

    fn create_named(target: PathBuf) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, MODE);
        let (file, path) = with_temporary_name(&target, |path| options.open(path))?;
        Ok(Self { file, temporary: Some(path), target })
    }

    /// A copy with a name.
    fn copied(&self) -> io::Result<Self> {
        let named = Self::create_named(self.target.clone())?;
        (&self.file).rewind()?;
        io::copy(&mut &self.file, &mut &named.file)?;
        Ok(named)
    }

    /// Takes the name of its target.
    fn take_place(mut self) -> io::Result<()> {
        // Freeing the pages of the file that is replaced takes as long as writing them did. It happens when the last
        // handle is closed: that is then done by another thread, while this one goes on.
        let old = File::open(&self.target).ok();
        if self.temporary.is_none() {
            if old.is_none() && link(&self.file, &self.target).is_ok() {
                return Ok(());
            }
            // A name can be replaced by another name only.
            match with_temporary_name(&self.target, |path| link(&self.file, path)) {
                Ok(((), path)) => self.temporary = Some(path),
                // Not every system that has nameless files lets them get a name.
                Err(_) => self = self.copied()?,
            }
        }
        if let Some(path) = &self.temporary {
            fs::rename(path, &self.target)?;
        }
        self.temporary = None;
        if let Some(old) = old.filter(|old| old.metadata().is_ok_and(|metadata| metadata.len() >= FREED_ASIDE_MIN)) {
            rayon::spawn(move || drop(old));
        }
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = &self.temporary {
            // Nothing can be done about a file that cannot be removed.
            let _ = fs::remove_file(path);
        }
    }
}

/// Calls `make` with names beside `target` until there is one that no file has.
fn with_temporary_name<T>(target: &Path, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<(T, PathBuf)> {
    let mut result = Err(ErrorKind::AlreadyExists.into());
    for _ in 0..TEMPORARY_NAMES_MAX {
        // The state is seeded by the system's random numbers: nobody can foresee the name.
        let random = RandomState::new().build_hasher().finish();
        let mut path = target.as_os_str().to_owned();
        path.push(format!(".tmp{random:016x}"));
        let path = PathBuf::from(path);
        result = make(&path).map(|made| (made, path));
        if !matches!(&result, Err(error) if error.kind() == ErrorKind::AlreadyExists) {
            break;
        }
    }
    result
}

/// A file without a name in the folder of `target`, if the system and its file system know that.
#[cfg(target_os = "linux")]
fn nameless(target: &Path) -> Option<File> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(folder, flags, Mode::from_raw_mode(MODE)).ok()?);
    // Without `/proc` it could not get a name later.
    fs::symlink_metadata(descriptor_path(&file)).is_ok().then_some(file)
}

/// Gives a file of [`nameless`] the name `path`, if no other file has it.
#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<()> {
    Ok(rustix::fs::linkat(CWD, descriptor_path(file), CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(target_os = "linux")]
fn descriptor_path(file: &File) -> String {
    format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file))
}

#[cfg(not(target_os = "linux"))]
fn nameless(_target: &Path) -> Option<File> {
    None
}

#[cfg(not(target_os = "linux"))]
fn link(_file: &File, _path: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// Gives `file` its size and reserves the disk blocks, where this system and file system can do that. It spares ext4 from
/// finding blocks at once when the file replaces another one, which more than halves the time of the whole. A file system
/// in memory has no blocks to find: there this would only be the serial part of writing.
#[cfg(target_os = "linux")]
fn reserve(file: &File, size: usize) -> io::Result<()> {
    let in_memory = rustix::fs::fstatfs(file).is_ok_and(|system| system.f_type == libc::TMPFS_MAGIC);
    if size == 0 || in_memory {
        return Ok(());
    }
    loop {
        match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, size as u64) {
            Err(Errno::INTR) => {}
            Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => return Err(error.into()),
            Ok(()) | Err(_) => return Ok(()),
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn reserve(_file: &File, _size: usize) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mmap::read_back;

    /// A folder of its own for one test, removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("wold-output-{name}-{}", std::process::id()));
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
    fn errors_have_the_words_of_the_system() {
        let folder = Folder::new("errors");
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
        assert_eq!(folder.names()[0], "out");
        drop(output);
        assert_eq!(check_writable(&path), Ok(()));
        assert_eq!((folder.names(), fs::read(&path).unwrap()), (vec!["out".to_owned()], b"old".to_vec()));
        write(&path, b"new!");
        assert_eq!((folder.names(), fs::read(&path).unwrap()), (vec!["out".to_owned()], b"new!".to_vec()));
    }

    #[test]
    fn a_file_with_a_temporary_name_takes_its_place_or_goes() {
        let folder = Folder::new("named");
        let path = folder.path("out");
        for bytes in [&b"first"[..], b"second"] {
            for last in [false, true] {
                let named = Unfinished::create_named(path.clone().into()).unwrap();
                write_at(&named.file, 0, bytes).unwrap();
                assert!(folder.names().last().unwrap().starts_with("out.tmp"));
                if last {
                    named.take_place().unwrap();
                }
            }
            assert_eq!((folder.names(), fs::read(&path).unwrap()), (vec!["out".to_owned()], bytes.to_vec()));
        }
    }

    #[test]
    fn a_copy_takes_the_place_as_well() {
        let folder = Folder::new("copied");
        let path = folder.path("out");
        fs::write(&path, b"old").unwrap();
        let file = Unfinished::create(Path::new(&path)).unwrap();
        write_at(&file.file, 0, b"new!").unwrap();
        let copy = file.copied().unwrap();
        drop(file);
        copy.take_place().unwrap();
        assert_eq!((folder.names(), fs::read(&path).unwrap()), (vec!["out".to_owned()], b"new!".to_vec()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_never_finished_leaves_nothing_behind() {
        let folder = Folder::new("killed");
        let path = folder.path("out");
        // File systems without nameless files cannot do better than a name.
        let Some(_) = nameless(Path::new(&path)) else { return };
        for _ in 0..2 {
            let mut output = OutputFile::create(&path, 1 << 16).unwrap();
            let Content::File(file) = output.content() else { panic!("a regular file") };
            write_at(file, 0, &[7; 1 << 16]).unwrap();
            // As if the process had ended here: nothing is dropped.
            std::mem::forget(output);
            assert!(folder.names().iter().all(|name| name == "out"));
            write(&path, b"old");
        }
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
    }
}
