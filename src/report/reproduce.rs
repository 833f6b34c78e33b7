//! `--reproduce`: an archive with every file that a link reads and a response file that repeats the link.

use crate::diagnostic::{Diagnostics, Failed, Kind};
use crate::input::{FileBytes, FileSystem};
use crate::options::record::{Word, quote};
use crate::options::{Options, parse};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

/// Bytes of a header; contents are padded to a multiple of it. Spec: POSIX, `pax`, "ustar Interchange Format".
const BLOCK: usize = 512;

/// Another file system, and what was read from it.
pub struct Recorder<'d> {
    disk: &'d dyn FileSystem,
    archive: File,
    stem: String,
    read: Mutex<BTreeMap<PathBuf, FileBytes>>,
}

impl FileSystem for Recorder<'_> {
    fn read(&self, path: &Path) -> io::Result<FileBytes> {
        let bytes = self.disk.read(path)?;
        self.read.lock().insert(path.to_owned(), bytes.clone());
        Ok(bytes)
    }
    fn exists(&self, path: &Path) -> bool {
        self.disk.exists(path)
    }
    fn list(&self, folder: &Path) -> Vec<String> {
        self.disk.list(folder)
    }
}

impl<'d> Recorder<'d> {
    /// Creates the archive at `path`, for what will be read from `disk`.
    ///
    /// # Errors
    /// If the archive cannot be created.
    pub fn create(path: &str, disk: &'d dyn FileSystem, diagnostics: &mut Diagnostics) -> Result<Self, Failed> {
        let archive = File::create(path).map_err(|_| {
            diagnostics.error(Kind::Output, format!("--reproduce: cannot open {path}"));
            Failed
        })?;
        let stem = Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { disk, archive, stem, read: Mutex::default() })
    }

    /// Writes the archive: `response.txt`, `version.txt`, and the files by their absolute paths, sorted.
    ///
    /// # Errors
    /// In `diagnostics`: the archive cannot be written.
    pub fn finish(self, options: &Options, diagnostics: &mut Diagnostics) {
        let mut files: BTreeMap<String, FileBytes> = BTreeMap::new();
        for (path, bytes) in self.read.into_inner() {
            files.insert(relative_to_root(&path), bytes);
        }
        let (stem, response) = (&self.stem, response(options));
        let mut out = BufWriter::with_capacity(1 << 20, self.archive);
        let mut write = || {
            append(&mut out, &format!("{stem}/response.txt"), response.as_bytes())?;
            append(&mut out, &format!("{stem}/version.txt"), format!("{}\n", parse::version()).as_bytes())?;
            for (path, bytes) in &files {
                append(&mut out, &format!("{stem}/{path}"), bytes.as_ref())?;
            }
            out.write_all(&[0; 2 * BLOCK])?;
            out.flush()
        };
        if let Err(error) = write() {
            diagnostics.error(Kind::Output, format!("--reproduce: {error}"));
        }
    }
}

/// The command line with the paths that files have in the archive.
fn response(options: &Options) -> String {
    let mut text = String::new();
    for word in &options.command_line {
        let line = match word {
            Word::Input(path) => quote(&relative_to_root(Path::new(path))),
            // The archive has no empty folders, in which an output could be put.
            Word::Output(path) => {
                let name = Path::new(path).file_name().map(|name| name.to_string_lossy());
                format!("-o {}", quote(name.as_deref().unwrap_or(path)))
            }
            Word::Path(option, path) if Path::new(path).exists() => {
                format!("{option}{}", quote(&relative_to_root(Path::new(path))))
            }
            Word::Path(option, path) => format!("{option}{}", quote(path)),
            Word::Option(text) => text.clone(),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The absolute path without `.`, `..` and the root.
fn relative_to_root(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut parts: Vec<String> = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::ParentDir => _ = parts.pop(),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    parts.join("/")
}

/// Appends a file.
fn append(out: &mut impl Write, path: &str, contents: &[u8]) -> io::Result<()> {
    match split_path(path) {
        Some((prefix, name)) => out.write_all(&header(prefix, name, contents.len(), 0)?)?,
        None => {
            let record = pax_record("path", path);
            out.write_all(&header("", "", record.len(), b'x')?)?;
            write_padded(out, record.as_bytes())?;
            out.write_all(&header("", "", contents.len(), 0)?)?;
        }
    }
    write_padded(out, contents)
}

fn write_padded(out: &mut impl Write, contents: &[u8]) -> io::Result<()> {
    out.write_all(contents)?;
    out.write_all(&[0; BLOCK][..contents.len().next_multiple_of(BLOCK) - contents.len()])
}

/// Cuts a path into the two fields of a header; `None` if it does not fit.
fn split_path(path: &str) -> Option<(&str, &str)> {
    const NAME_MAX: usize = 100;
    const PREFIX_MAX: usize = 155;
    if path.len() <= NAME_MAX {
        return Some(("", path));
    }
    let fits = |&slash: &usize| slash <= PREFIX_MAX && path.len() - slash - 1 <= NAME_MAX;
    let slash = path.match_indices('/').map(|(slash, _)| slash).find(fits)?;
    Some((&path[..slash], &path[slash + 1..]))
}

/// `LENGTH key=value`, where the length counts itself.
fn pax_record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let mut len = rest.len();
    loop {
        let text = format!("{len}{rest}");
        if text.len() == len {
            return text;
        }
        len = text.len();
    }
}

fn header(prefix: &str, name: &str, size: usize, kind: u8) -> io::Result<[u8; BLOCK]> {
    /// More do not fit into the field: 11 octal digits.
    const SIZE_MAX: usize = (1 << 33) - 1;
    if size > SIZE_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut block = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000664\0");
    put(124, format!("{size:011o}").as_bytes());
    put(148, b"        ");
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    put(345, prefix.as_bytes());
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_dots_and_root() {
        assert_eq!(relative_to_root(Path::new("/a/./b/../c.o")), "a/c.o");
        assert_eq!(relative_to_root(Path::new("/../x")), "x");
    }

    #[test]
    fn long_paths_are_cut_at_a_slash_or_get_a_record() {
        let long = "d".repeat(90);
        assert_eq!(split_path("a/b"), Some(("", "a/b")));
        assert_eq!(split_path(&format!("{long}/{long}")), Some((&long[..], &long[..])));
        assert_eq!(split_path(&"x".repeat(101)), None);
        assert_eq!(pax_record("path", "a"), "9 path=a\n");
        assert!(pax_record("path", &"a".repeat(91)).starts_with("101 path="));
    }

    #[test]
    fn the_archive_has_what_was_read() {
        let path = std::env::temp_dir().join(format!("wold-reproduce-{}.tar", std::process::id()));
        let path = path.to_str().unwrap();
        let disk: crate::input::Files =
            [("/d/a.o", b"object".to_vec()), ("/d/unread", Vec::new())].into_iter().collect();
        let mut diagnostics = Diagnostics::new(false);
        let recorder = Recorder::create(path, &disk, &mut diagnostics).unwrap();
        assert_eq!(recorder.read(Path::new("/d/a.o")).unwrap().as_ref(), b"object");
        assert!(recorder.read(Path::new("/d/none")).is_err());
        let command_line =
            vec![Word::Input("/d/./a.o".into()), Word::Output("out/x".into()), Word::Option("-S".into())];
        recorder.finish(&Options { command_line, ..Options::default() }, &mut diagnostics);
        let archive = std::fs::read(path).unwrap();
        std::fs::remove_file(path).unwrap();
        assert_eq!(diagnostics.error_count(), 0);
        let names: Vec<_> =
            archive.chunks(2 * BLOCK).map(|entry| entry.split(|&byte| byte == 0).next().unwrap()).collect();
        let stem = format!("wold-reproduce-{}", std::process::id());
        assert_eq!(names[0], format!("{stem}/response.txt").as_bytes());
        assert_eq!(names[2], format!("{stem}/d/a.o").as_bytes());
        assert_eq!(names[3..], [b""]);
        assert!(archive[BLOCK..].starts_with(b"d/a.o\n-o x\n-S\n\0"));
    }

    #[test]
    fn entries_are_whole_blocks() {
        let mut out = Vec::new();
        append(&mut out, "a/b", &[7; 513]).unwrap();
        append(&mut out, &"x".repeat(200), b"").unwrap();
        assert_eq!(out.len(), BLOCK + 2 * BLOCK + 3 * BLOCK);
        assert_eq!(&out[..4], b"a/b\0");
        assert_eq!(&out[124..136], b"00000001001\0");
    }
}
