//! Files are read through one trait: disk for the command line, a map of bytes for the library and tests.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

pub use crate::mmap::FileBytes;

/// Where files come from.
pub trait FileSystem: Sync {
    /// The bytes of the file at `path`.
    ///
    /// # Errors
    /// If there is no such file or it cannot be read.
    fn read(&self, path: &Path) -> io::Result<FileBytes>;
    /// Whether `path` exists.
    fn exists(&self, path: &Path) -> bool;
    /// Names of the files in `folder`, sorted, for messages about files that are missing. Empty if it cannot be read.
    fn list(&self, folder: &Path) -> Vec<String>;
    /// How many bytes of memory files and all else may take together, if less than there is.
    fn memory_limit(&self) -> Option<u64> {
        None
    }
}

/// The machine's file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl FileSystem for Disk {
    fn read(&self, path: &Path) -> io::Result<FileBytes> {
        FileBytes::open(path)
    }
    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }
    fn list(&self, folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        names
    }
    fn memory_limit(&self) -> Option<u64> {
        super::memory_limit::of_this_process()
    }
}

/// Files that exist only in memory. Paths are compared as they are written: `a.o` and `./a.o` are two files.
#[derive(Clone, Debug, Default)]
pub struct Files(BTreeMap<String, FileBytes>);

impl Files {
    /// No files yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds a file, or replaces the one at `path`. The bytes are not copied.
    pub fn insert(&mut self, path: impl Into<String>, bytes: Vec<u8>) -> &mut Self {
        self.0.insert(path.into(), bytes.into());
        self
    }
}

impl<P: Into<String>> FromIterator<(P, Vec<u8>)> for Files {
    fn from_iter<T: IntoIterator<Item = (P, Vec<u8>)>>(files: T) -> Self {
        Self(files.into_iter().map(|(path, bytes)| (path.into(), bytes.into())).collect())
    }
}

impl FileSystem for Files {
    fn read(&self, path: &Path) -> io::Result<FileBytes> {
        let file = path.to_str().and_then(|path| self.0.get(path));
        file.cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn exists(&self, path: &Path) -> bool {
        path.to_str().is_some_and(|path| self.0.contains_key(path))
    }
    fn list(&self, folder: &Path) -> Vec<String> {
        let inside = self.0.keys().map(Path::new).filter(|path| path.parent() == Some(folder));
        inside.filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_in_memory_are_found_by_their_exact_path() {
        let files: Files = [("a/b.o", b"x".to_vec())].into_iter().collect();
        assert_eq!(files.read(Path::new("a/b.o")).unwrap().as_ref(), b"x");
        assert!(files.exists(Path::new("a/b.o")) && !files.exists(Path::new("./a/b.o")));
        assert_eq!(files.read(Path::new("b.o")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
