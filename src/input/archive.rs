//! Archives (`ar` files): GNU, GNU 64-bit, BSD, Darwin and thin.
//!
//! What the archive's own symbol table says is read by `archive_index`. Nothing is copied; a [`Child`] says where
//! in the archive its name and its bytes are. Every size is checked before it is used, each step moves forward by at least
//! one header, and a name is searched for within a bounded window, so that the work is linear in the size of the archive
//! whatever it says.

use std::fmt;
use std::ops::Range;

/// First bytes of an archive that contains its members.
pub const MAGIC: &[u8; 8] = b"!<arch>\n";
/// First bytes of an archive that names its members' files.
pub const THIN_MAGIC: &[u8; 8] = b"!<thin>\n";

/// Bytes of a member header: name 16, time 12, user 6, group 6, mode 8, size 10, terminator 2.
const HEADER: usize = 60;
/// Longest member name that is accepted, in bytes: more than any file system's longest path.
const NAME_MAX: usize = 1 << 16;

/// A member, by the places of its parts in the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// Bytes from the start of the archive to its header.
    pub header: usize,
    /// Where its name is.
    pub name: Range<usize>,
    /// Where its bytes are; `None` in a thin archive, where they are in the file that the name says.
    pub body: Option<Range<usize>>,
}

/// At which of LLD's steps an archive turned out to be broken. Decides the first words of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Open,
    Walk,
    Name,
}

/// What is wrong with an archive, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveError {
    step: Step,
    /// Bytes from the start of the archive to the member header in question.
    pub offset: usize,
    text: String,
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = match self.step {
            Step::Open => "failed to parse archive",
            Step::Walk => "Archive::children failed",
            Step::Name => "could not get the buffer for a child of the archive",
        };
        write!(f, "{step}: truncated or malformed archive ({})", self.text)
    }
}

/// Lists the members of `archive` in order, without symbol tables and string tables.
///
/// # Errors
/// [`ArchiveError`] if a header or a size is malformed, a member reaches past the end or a name cannot be found.
pub fn children(archive: &[u8]) -> Result<Vec<Child>, ArchiveError> {
    let mut walk = Walk { archive, thin: archive.starts_with(THIN_MAGIC), step: Step::Open, strings: 0..0 };
    let mut children = Vec::new();
    let mut offset = MAGIC.len();
    while offset < archive.len() {
        let header = walk.header(offset)?;
        if walk.step == Step::Open && walk.is_special(&header) {
            if header.raw_name == b"//" {
                walk.strings = walk.past_end(&header)?;
            }
        } else {
            children.push(Child { header: offset, name: walk.name(&header)?, body: walk.body(&header)? });
            walk.step = Step::Walk;
        }
        offset = walk.next(&header)?;
    }
    Ok(children)
}

/// Where the symbol table of `archive` is, and the bytes of its numbers, if the archive begins with one of the GNU kind.
pub(super) fn symbol_table(archive: &[u8]) -> Option<(usize, Range<usize>)> {
    let walk = Walk { archive, thin: false, step: Step::Open, strings: 0..0 };
    let header = walk.header(MAGIC.len()).ok()?;
    let width = match header.raw_name {
        b"/" => 4,
        b"/SYM64/" => 8,
        _ => return None,
    };
    Some((width, walk.past_end(&header).ok()?))
}

/// What a member header says.
struct Header<'a> {
    /// Bytes from the start of the archive to the header.
    offset: usize,
    /// The name field without its padding.
    raw_name: &'a [u8],
    /// Bytes of name (BSD) and contents behind the header.
    size: usize,
    /// Bytes at the start of the contents that are the name (BSD).
    name_size: usize,
}

/// State of the walk over one archive.
struct Walk<'a> {
    archive: &'a [u8],
    thin: bool,
    /// `Open` until the first regular member.
    step: Step,
    /// Where the table of long names is.
    strings: Range<usize>,
}

impl<'a> Walk<'a> {
    fn error(&self, offset: usize, text: impl Into<String>) -> ArchiveError {
        ArchiveError { step: self.step, offset, text: text.into() }
    }

    fn header(&self, offset: usize) -> Result<Header<'a>, ArchiveError> {
        let Some(bytes) = self.archive.get(offset..).and_then(|rest| rest.get(..HEADER)) else {
            let what = "remaining size of archive too small for next archive member header";
            return Err(self.error(offset, format!("{what} at offset {offset}")));
        };
        let raw_name = raw_name(&bytes[..16]);
        if &bytes[58..60] != b"`\n" {
            let (found, name) = (bytes[58..60].escape_ascii(), String::from_utf8_lossy(display_name(raw_name)));
            let what = format!("terminator characters in archive member \"{found}\" not the correct \"`\\n\" values");
            return Err(self.error(offset, format!("{what} for the archive member header for {name}")));
        }
        let Some(size) = decimal(trim_spaces(&bytes[48..58])) else {
            let field = String::from_utf8_lossy(trim_spaces(&bytes[48..58])).into_owned();
            let what = "characters in size field in archive member header are not all decimal numbers";
            return Err(
                self.error(offset, format!("{what}: '{field}' for the archive member header at offset {offset}"))
            );
        };
        let mut header = Header { offset, raw_name, size, name_size: 0 };
        header.name_size = self.bsd_name_size(&header)?;
        Ok(header)
    }

    /// Length of the name that stands in front of the contents (`#1/LENGTH`).
    fn bsd_name_size(&self, header: &Header) -> Result<usize, ArchiveError> {
        let Some(digits) = header.raw_name.strip_prefix(b"#1/") else { return Ok(0) };
        let place = format!("for archive member header at offset {}", header.offset);
        let Some(size) = decimal(digits) else {
            let digits = String::from_utf8_lossy(digits).into_owned();
            let what = "long name length characters after the #1/ are not all decimal numbers";
            return Err(self.error(header.offset, format!("{what}: '{digits}' {place}")));
        };
        let available = self.archive.len() - header.offset - HEADER;
        if size > header.size || size > available || size > NAME_MAX {
            let what = format!("long name length: {size} extends past the end of the member or archive");
            return Err(self.error(header.offset, format!("{what} {place}")));
        }
        Ok(size)
    }

    /// Whether the header in front of the first regular member belongs to a symbol table or a string table.
    fn is_special(&self, header: &Header) -> bool {
        let mut name = header.raw_name;
        if header.name_size > 0 {
            let start = header.offset + HEADER;
            name = trim_nuls(&self.archive[start..start + header.name_size]);
        }
        matches!(name, b"/" | b"//" | b"/SYM64/" | b"/<ECSYMBOLS>/" | b"/<XFGHASHMAP>/")
            || name.starts_with(b"__.SYMDEF")
    }

    fn name(&self, header: &Header) -> Result<Range<usize>, ArchiveError> {
        if header.name_size > 0 {
            let start = header.offset + HEADER;
            let name = trim_nuls(&self.archive[start..start + header.name_size]);
            return Ok(start..start + name.len());
        }
        match header.raw_name {
            [b'/', digits @ ..] if !matches!(digits, b"" | b"/") => self.long_name(header, digits),
            raw => Ok(header.offset..header.offset + display_name(raw).len()),
        }
    }

    /// A name in the string table: ends with `/` and a line feed (GNU) or with a zero byte.
    fn long_name(&self, header: &Header, digits: &[u8]) -> Result<Range<usize>, ArchiveError> {
        let fail = |text: String| ArchiveError { step: Step::Name, offset: header.offset, text };
        let place = format!("for archive member header at offset {}", header.offset);
        let Some(at) = decimal(digits) else {
            let digits = String::from_utf8_lossy(digits);
            let what = "long name offset characters after the '/' are not all decimal numbers";
            return Err(fail(format!("{what}: '{digits}' {place}")));
        };
        if at >= self.strings.len() {
            return Err(fail(format!("long name offset {at} past the end of the string table {place}")));
        }
        let start = self.strings.start + at;
        let window = &self.archive[start..self.strings.end.min(start + NAME_MAX)];
        let end = memchr::memchr2(b'\n', 0, window);
        match end.map(|end| (end, window[end])) {
            Some((end, 0)) => Ok(start..start + end),
            Some((end, _)) if end > 0 && window[end - 1] == b'/' => Ok(start..start + end - 1),
            _ => Err(fail(format!("string table at long name offset {at} not terminated"))),
        }
    }

    fn body(&self, header: &Header) -> Result<Option<Range<usize>>, ArchiveError> {
        if self.thin {
            return Ok(None);
        }
        let whole = self.past_end(header)?;
        Ok(Some(whole.start + header.name_size..whole.end))
    }

    /// What stands behind the header, if the archive has that much.
    fn past_end(&self, header: &Header) -> Result<Range<usize>, ArchiveError> {
        let start = header.offset + HEADER;
        match start.checked_add(header.size) {
            Some(end) if end <= self.archive.len() => Ok(start..end),
            _ => Err(self.too_long(header)),
        }
    }

    fn next(&self, header: &Header) -> Result<usize, ArchiveError> {
        if self.thin && self.step != Step::Open {
            return Ok(header.offset + HEADER);
        }
        // Members start at even offsets; the padding byte belongs to the member before, even at the end of the file.
        let next = self.past_end(header)?.end.next_multiple_of(2);
        if next > self.archive.len() { Err(self.too_long(header)) } else { Ok(next) }
    }

    fn too_long(&self, header: &Header) -> ArchiveError {
        let step = if self.step == Step::Open && self.is_special(header) { Step::Open } else { Step::Walk };
        let name = match self.name(header) {
            Ok(range) => String::from_utf8_lossy(&self.archive[range]).into_owned(),
            Err(_) => String::from_utf8_lossy(header.raw_name).into_owned(),
        };
        let text = format!("offset to next archive member past the end of the archive after member {name}");
        ArchiveError { step, offset: header.offset, text }
    }
}

/// The name field without padding. Names that start with `/` or `#` end at a space, others behind their `/`.
fn raw_name(field: &[u8]) -> &[u8] {
    let end = match field.first() {
        Some(b'/' | b'#') => memchr::memchr(b' ', field),
        _ => memchr::memchr(b'/', field).map(|slash| slash + 1),
    };
    trim_spaces(&field[..end.unwrap_or(field.len())])
}

/// A short name without the `/` that ends it (GNU).
fn display_name(raw: &[u8]) -> &[u8] {
    match raw {
        b"/" | b"//" => raw,
        [name @ .., b'/'] => name,
        _ => raw,
    }
}

fn trim_spaces(field: &[u8]) -> &[u8] {
    let end = field.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
    &field[..end]
}

fn trim_nuls(name: &[u8]) -> &[u8] {
    let end = name.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    &name[..end]
}

/// A decimal number without sign; `None` if there is any other character, no digit, or too many.
fn decimal(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0usize, |value, &digit| {
        let digit = digit.is_ascii_digit().then(|| usize::from(digit - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, size: impl fmt::Display) -> Vec<u8> {
        format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).into_bytes()
    }

    /// A member, padded to an even offset.
    fn member(name: &str, body: &[u8]) -> Vec<u8> {
        let mut bytes = [&header(name, body.len()), body].concat();
        bytes.resize(bytes.len().next_multiple_of(2), b'\n');
        bytes
    }

    /// A member whose name stands in front of its contents, with zero bytes up to a multiple of 8.
    fn bsd_member(name: &str, body: &[u8]) -> Vec<u8> {
        let mut long = name.as_bytes().to_vec();
        long.resize(long.len().next_multiple_of(8), 0);
        member(&format!("#1/{}", long.len()), &[&long, body].concat())
    }

    fn archive(parts: &[Vec<u8>]) -> Vec<u8> {
        [MAGIC.to_vec(), parts.concat()].concat()
    }

    /// Names and contents of the members, or the message.
    fn listed(archive: &[u8]) -> Result<Vec<(String, String)>, String> {
        let text = |range: Range<usize>| String::from_utf8(archive[range].to_vec()).unwrap();
        let list = children(archive).map_err(|error| error.to_string())?;
        Ok(list.into_iter().map(|child| (text(child.name), text(child.body.unwrap_or_default()))).collect())
    }

    fn pair(name: &str, body: &str) -> (String, String) {
        (name.into(), body.into())
    }

    #[test]
    fn gnu_archives_have_short_and_long_names() {
        let names = b"a_long_member_name.o/\nanother one with spaces.o/\n";
        for symbols in ["/", "/SYM64/"] {
            let bytes = archive(&[
                member(symbols, b"\0\0\0\0"),
                member("//", names),
                member("short.o/", b"odd"),
                member("/0", b"one"),
                member("/22", b"two!"),
                member("with space.o/", b""),
            ]);
            let expected = [
                pair("short.o", "odd"),
                pair("a_long_member_name.o", "one"),
                pair("another one with spaces.o", "two!"),
                pair("with space.o", ""),
            ];
            assert_eq!(listed(&bytes).unwrap(), expected);
        }
    }

    #[test]
    fn bsd_names_stand_in_front_of_the_contents() {
        for symbols in [
            bsd_member("__.SYMDEF", b"\0\0\0\0"),
            bsd_member("__.SYMDEF SORTED", b""),
            bsd_member("__.SYMDEF_64", b""),
            member("__.SYMDEF", b"\0\0\0\0"),
        ] {
            let bytes = archive(&[symbols, bsd_member("a name.o", b"one"), member("b.o", b"two")]);
            assert_eq!(listed(&bytes).unwrap(), [pair("a name.o", "one"), pair("b.o", "two")]);
        }
    }

    #[test]
    fn windows_archives_have_two_symbol_tables_and_zero_terminated_names() {
        let bytes = archive(&[member("/", b""), member("/", b""), member("//", b"x\\long.o\0"), member("/0", b"1")]);
        assert_eq!(listed(&bytes).unwrap(), [pair("x\\long.o", "1")]);
    }

    #[test]
    fn thin_archives_have_headers_only() {
        let parts = [member("/", b"\0\0\0\0"), member("//", b"sub/a.o/\n\n"), header("/0", 1 << 20), header("b.o/", 7)];
        let bytes = [&THIN_MAGIC[..], &parts.concat()].concat();
        assert_eq!(listed(&bytes).unwrap(), [pair("sub/a.o", ""), pair("b.o", "")]);
        assert!(children(&bytes).unwrap().iter().all(|child| child.body.is_none()));
    }

    #[test]
    fn empty_archives_have_no_members() {
        assert_eq!(children(MAGIC), Ok(vec![]));
        assert_eq!(children(THIN_MAGIC), Ok(vec![]));
        assert_eq!(children(&archive(&[member("//", b"")])), Ok(vec![]));
    }

    fn failure(parts: &[Vec<u8>]) -> String {
        listed(&archive(parts)).unwrap_err()
    }

    #[test]
    fn sizes_that_leave_the_archive_are_refused() {
        let good = member("f.o/", b"body");
        let past = "offset to next archive member past the end of the archive after member f.o)";
        let walk = format!("Archive::children failed: truncated or malformed archive ({past}");
        for size in [5, 9_999_999_999u64] {
            assert_eq!(failure(&[good.clone(), [&header("f.o/", size)[..], b"body"].concat()]), walk);
        }
        // The padding byte is missing.
        assert_eq!(failure(&[[&header("f.o/", 3)[..], b"odd"].concat()]), walk);
        let short = "(remaining size of archive too small for next archive member header at offset";
        assert!(failure(&[b"short".to_vec()]).starts_with("failed to parse archive: "));
        assert!(failure(&[good, b"short".to_vec()]).ends_with(&format!("{short} 72)")));
    }

    #[test]
    fn broken_headers_are_refused() {
        let mut unterminated = member("f.o/", b"body");
        unterminated[58] = b'x';
        assert!(failure(&[unterminated]).contains("terminator characters in archive member \"x\\n\""));
        for size in ["", "zz", "-1", "1 2", "+4"] {
            let message = failure(&[[&header("f.o/", size)[..], b"body"].concat()]);
            assert!(message.contains(&format!("not all decimal numbers: '{size}'")), "{message}");
        }
    }

    #[test]
    fn names_that_cannot_be_found_are_refused() {
        let names = || member("//", b"ab/\nopen");
        assert!(failure(&[member("#1/z", b"body")]).contains("#1/ are not all decimal numbers: 'z'"));
        assert!(failure(&[member("#1/9", b"body")]).contains("long name length: 9 extends past the end"));
        assert!(failure(&[names(), member("/8", b"")]).contains("long name offset 8 past the end of the string table"));
        assert!(failure(&[names(), member("/4", b"")]).contains("string table at long name offset 4 not terminated"));
        assert!(failure(&[names(), member("/x", b"")]).contains("after the '/' are not all decimal numbers: 'x'"));
        assert!(failure(&[member("/0", b"")]).starts_with("could not get the buffer for a child of the archive: "));
    }

    #[test]
    fn no_prefix_of_an_archive_panics() {
        let parts = [member("//", b"name.o/\n"), member("/0", b"one"), bsd_member("long name.o", b"two")];
        for bytes in [archive(&parts), [&THIN_MAGIC[..], &parts.concat()].concat()] {
            for end in MAGIC.len()..bytes.len() {
                let _ = children(&bytes[..end]);
                for value in [0, b'/', b'9', b'#', 0xff] {
                    let mut changed = bytes.clone();
                    changed[end] = value;
                    let _ = children(&changed);
                }
            }
        }
    }
}
