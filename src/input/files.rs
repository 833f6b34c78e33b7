//! Files are read through one trait: disk for the command line, a map of bytes for the library and tests.
use std::path::Path;
/// The bytes of one file, mapped or owned.
#[derive(Debug)]
pub struct FileBytes(Vec<u8>);
impl AsRef<[u8]> for FileBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
/// Where files come from.
pub trait FileSystem: Sync {
    /// The bytes of the file at `path`.
    fn read(&self, path: &Path) -> std::io::Result<FileBytes>;
    /// Whether `path` exists.
    fn exists(&self, path: &Path) -> bool;
}
/// The machine's file system.
#[derive(Debug)]
pub struct Disk;
