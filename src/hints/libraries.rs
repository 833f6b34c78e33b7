//! Hints about libraries: which one has a missing symbol, and which names are like one that was not found.

use crate::input::archive::{MAGIC, THIN_MAGIC};
use crate::input::{FileSystem, Inputs};
use crate::options::Options;
use crate::spelling;
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// No more archives than this are looked into.
const ARCHIVES_MAX: usize = 500;

/// Bytes of an archive's symbol table beyond which it is not read.
const TABLE_MAX: usize = 1 << 28;

/// No more folders than this are listed in a message.
const FOLDERS_MAX: usize = 10;

/// For each of `wanted` the archives in the library folders that define it, other than those that are linked.
pub fn that_define<'w>(
    options: &Options,
    inputs: &Inputs,
    disk: &dyn FileSystem,
    wanted: impl Iterator<Item = &'w str>,
) -> HashMap<String, Vec<String>> {
    let wanted: HashSet<&[u8]> = wanted.map(str::as_bytes).collect();
    if wanted.is_empty() {
        return HashMap::new();
    }
    let linked: HashSet<&str> = inputs.paths().iter().map(String::as_str).collect();
    let mut paths: Vec<String> = Vec::new();
    for folder in folders(options) {
        let archives = disk.list(Path::new(folder)).into_iter().filter(|name| name.ends_with(".a"));
        paths.extend(archives.map(|name| crate::input::join(folder, &name)));
    }
    paths.retain(|path| !linked.contains(path.as_str()));
    paths.truncate(ARCHIVES_MAX);
    let defined: Vec<Vec<String>> = paths
        .par_iter()
        .map(|path| disk.read(Path::new(path)).map_or(Vec::new(), |bytes| defined_in(bytes.as_ref(), &wanted)))
        .collect();
    let mut libraries: HashMap<String, Vec<String>> = HashMap::new();
    for (path, names) in paths.into_iter().zip(defined) {
        for name in names {
            libraries.entry(name).or_default().push(path.clone());
        }
    }
    libraries
}

/// The library folders, each once.
fn folders(options: &Options) -> Vec<&str> {
    let mut seen = HashSet::new();
    options.library_paths.iter().map(String::as_str).filter(|folder| seen.insert(*folder)).collect()
}

/// Which of `wanted` the symbol table at the start of an archive lists: a count, offsets, names that end with a zero.
fn defined_in(archive: &[u8], wanted: &HashSet<&[u8]>) -> Vec<String> {
    let Some(names) = symbol_names(archive) else { return Vec::new() };
    let mut found: Vec<String> = names
        .split(|&byte| byte == 0)
        .filter(|name| wanted.contains(name))
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The names in a GNU symbol table (`/`, or `/SYM64/` with offsets of 8 bytes), if the archive begins with one.
fn symbol_names(archive: &[u8]) -> Option<&[u8]> {
    if !archive.starts_with(MAGIC) && !archive.starts_with(THIN_MAGIC) {
        return None;
    }
    let header = archive.get(MAGIC.len()..MAGIC.len() + 60)?;
    let width = match header[..16].trim_ascii_end() {
        b"/" => 4,
        b"/SYM64/" => 8,
        _ => return None,
    };
    let size: usize =
        std::str::from_utf8(&header[48..58]).ok()?.trim().parse().ok().filter(|&size| size <= TABLE_MAX)?;
    let start = MAGIC.len() + 60;
    let table = archive.get(start..start.checked_add(size)?)?;
    let count = table.get(..width)?.iter().fold(0u64, |count, &byte| count << 8 | u64::from(byte));
    let offsets = usize::try_from(count).ok()?.checked_add(1)?.checked_mul(width)?;
    table.get(offsets..)
}

/// Says which libraries define a symbol.
pub fn text(paths: &[String]) -> String {
    let first = &paths[0];
    let file = first.rsplit('/').next().unwrap_or(first);
    let name = file.strip_prefix("lib").and_then(|name| name.strip_suffix(".a"));
    match name {
        Some(name) => format!("it is defined in {first}, which comes with -l{name}"),
        None => format!("it is defined in {first}, which is not linked"),
    }
}

/// Where a library was looked for, and which library there has a name like it.
pub fn not_found(options: &Options, disk: &dyn FileSystem, library: &str) -> Vec<String> {
    let folders = folders(options);
    let (file, exact) = match library.strip_prefix(':') {
        Some(file) => (file.to_owned(), true),
        None => (format!("lib{library}.a"), false),
    };
    if folders.is_empty() {
        return vec![format!("no folder to look for {file} was given: -L names one")];
    }
    let mut notes: Vec<String> =
        folders.iter().take(FOLDERS_MAX).map(|folder| format!("no {file} in {folder}")).collect();
    if folders.len() > FOLDERS_MAX {
        notes.push(format!("and in {} other folders", folders.len() - FOLDERS_MAX));
    }
    let option = |name: &str| match exact {
        true => Some(format!("-l:{name}")),
        false => Some(format!("-l{}", name.strip_prefix("lib")?.strip_suffix(".a")?)),
    };
    let nearest = folders
        .iter()
        .flat_map(|folder| disk.list(Path::new(folder)).into_iter().map(move |name| (name, *folder)))
        .filter_map(|(name, folder)| Some((distance(library, &option(&name)?), option(&name)?, folder)))
        .filter_map(|(distance, option, folder)| Some((distance?, option, folder)))
        .min_by_key(|(distance, ..)| *distance);
    notes.extend(nearest.map(|(_, option, folder)| format!("did you mean '{option}'? It is in {folder}")));
    notes
}

fn distance(library: &str, option: &str) -> Option<usize> {
    spelling::near(library, &option[2..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(name: &str, table: &[u8]) -> Vec<u8> {
        let header = format!("!<arch>\n{name:<16}{:12}{:6}{:6}{:8}{:<10}`\n", "0", "0", "0", "0", table.len());
        [header.as_bytes(), table].concat()
    }

    #[test]
    fn names_of_symbol_tables() {
        let wanted: HashSet<&[u8]> = [b"foo".as_slice(), b"baz"].into_iter().collect();
        let small = archive("/", b"\0\0\0\x02\0\0\0\0\0\0\0\0foo\0bar\0");
        assert_eq!(defined_in(&small, &wanted), ["foo"]);
        let wide = archive("/SYM64/", b"\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0baz\0");
        assert_eq!(defined_in(&wide, &wanted), ["baz"]);
        for broken in [archive("/", b"\xff\xff\xff\xfffoo\0"), archive("//", b"foo\0"), small[..70].to_vec(), vec![]] {
            assert!(defined_in(&broken, &wanted).is_empty());
        }
    }
}
