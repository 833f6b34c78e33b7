//! Archives whose members are lifted or lowered: read, and written as GNU archives with a symbol index.

use crate::diagnostic::{Diagnostic, Kind};
use crate::input::archive;
use crate::input::recognise::{self, FileKind};
use crate::object::{Object, SymbolKind};
use rayon::prelude::*;

/// Bytes of a member header.
const HEADER: usize = 60;
/// The longest name that a header holds, with the `/` behind it.
const SHORT_NAME: usize = 15;

/// A file inside an archive.
pub struct Member<'a> {
    /// Its name.
    pub name: &'a str,
    /// How messages call it: `libc.a(printf.o)`.
    pub label: String,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Whether `file` is an archive.
pub fn is_archive(file: &[u8]) -> bool {
    recognise::kind(file) == FileKind::Archive
}

/// The members of the archive `file`, called `label` in messages.
///
/// # Errors
/// If it is broken, or thin: then it has no members of its own.
pub fn members<'a>(label: &str, file: &'a [u8]) -> Result<Vec<Member<'a>>, Diagnostic> {
    let malformed = |text: String| Diagnostic::error(Kind::Malformed, format!("{label}: {text}"));
    if file.starts_with(archive::THIN_MAGIC) {
        return Err(malformed("is a thin archive: give its members instead".into()));
    }
    let children = archive::children(file).map_err(|error| malformed(error.to_string()))?;
    let member = |child: archive::Child| {
        let name = str::from_utf8(&file[child.name]).map_err(|_| malformed("a member's name is not UTF-8".into()))?;
        let bytes = &file[child.body.unwrap_or_default()];
        Ok(Member { name, label: format!("{label}({name})"), bytes })
    };
    children.into_iter().map(member).collect()
}

/// Whether a member holds code that can be lifted: a relocatable object, not metadata of a compiler in the form of one.
pub fn is_object(bytes: &[u8]) -> bool {
    let sections = || crate::object::header::walk("", bytes);
    recognise::kind(bytes) == FileKind::Wasm
        && sections().is_ok_and(|sections| sections.iter().any(|section| section.name == "linking"))
}

/// The archive of the members of `file` after `change`; members that are no objects stay as they are.
///
/// # Errors
/// The first error of `change` in the order of the archive; or if the archive would be 4 GiB or larger.
pub fn map(
    label: &str,
    file: &[u8],
    change: impl Fn(&str, &[u8]) -> Result<Vec<u8>, Diagnostic> + Sync,
) -> Result<Vec<u8>, Diagnostic> {
    let members = members(label, file)?;
    let changed: Vec<_> = members
        .par_iter()
        .map(|member| match is_object(member.bytes) {
            true => change(&member.label, member.bytes),
            false => Ok(member.bytes.to_vec()),
        })
        .collect();
    let bodies = changed.into_iter().collect::<Result<Vec<_>, _>>()?;
    let all: Vec<(&str, &[u8])> = members.iter().zip(&bodies).map(|(member, body)| (member.name, &body[..])).collect();
    let too_large = || Diagnostic::error(Kind::Output, format!("{label}: the archive would be 4 GiB or larger"));
    encode(&all).ok_or_else(too_large)
}

/// A GNU archive of `members`, names and bytes, with an index of what they define. `None` if it would be 4 GiB or larger.
pub fn encode(members: &[(&str, &[u8])]) -> Option<Vec<u8>> {
    let mut long_names = Vec::new();
    let fields: Vec<String> = members
        .iter()
        .map(|(name, _)| match name.len() <= SHORT_NAME && !name.contains('/') {
            true => format!("{name}/"),
            false => {
                let at = long_names.len();
                long_names.extend_from_slice(name.as_bytes());
                long_names.extend_from_slice(b"/\n");
                format!("/{at}")
            }
        })
        .collect();
    let symbols: Vec<Vec<Vec<u8>>> = members.par_iter().map(|(_, bytes)| defined(bytes)).collect();
    let count: usize = symbols.iter().map(Vec::len).sum();
    let names: usize = symbols.iter().flatten().map(|name| name.len() + 1).sum();
    let padded = |size: usize| HEADER + size.next_multiple_of(2);
    let mut at = archive::MAGIC.len() + padded(4 + 4 * count + names);
    if !long_names.is_empty() {
        at += padded(long_names.len());
    }
    let mut index = (count as u32).to_be_bytes().to_vec();
    for ((_, bytes), symbols) in members.iter().zip(&symbols) {
        let offset = u32::try_from(at).ok()?;
        symbols.iter().for_each(|_| index.extend_from_slice(&offset.to_be_bytes()));
        at += padded(bytes.len());
    }
    for name in symbols.iter().flatten() {
        index.extend_from_slice(name);
        index.push(0);
    }
    let mut out = Vec::with_capacity(at);
    out.extend_from_slice(archive::MAGIC);
    push(&mut out, "/", &index);
    if !long_names.is_empty() {
        push(&mut out, "//", &long_names);
    }
    members.iter().zip(&fields).for_each(|((_, bytes), name)| push(&mut out, name, bytes));
    Some(out)
}

/// Names that an object defines for others.
fn defined(bytes: &[u8]) -> Vec<Vec<u8>> {
    if recognise::kind(bytes) != FileKind::Wasm {
        return Vec::new();
    }
    let Ok(object) = Object::parse("", bytes) else { return Vec::new() };
    let is_global = |symbol: &&crate::object::Symbol| {
        symbol.kind != SymbolKind::Section && !symbol.flags.is_undefined() && !symbol.flags.is_local()
    };
    object.symbols.iter().filter(is_global).map(|symbol| object.text_bytes(symbol.name).to_vec()).collect()
}

fn push(out: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let size = bytes.len();
    out.extend_from_slice(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).as_bytes());
    out.extend_from_slice(bytes);
    if size % 2 == 1 {
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_comes_back_with_names_of_any_length() {
        let long = "a-name-of-more-than-fifteen-bytes.o";
        let bytes = encode(&[("a.o", b"odd"), (long, b"even"), ("b/c.o", b"")]).expect("small");
        let found = members("x.a", &bytes).expect("an archive");
        let found: Vec<_> = found.iter().map(|member| (member.name, member.bytes)).collect();
        assert_eq!(found, [("a.o", &b"odd"[..]), (long, b"even"), ("b/c.o", b"")]);
    }
}
