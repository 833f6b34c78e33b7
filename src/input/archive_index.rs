//! The symbol table of an archive (GNU, 32 and 64 bits): which names its members define.
//!
//! The table is a list that some tool has made at some time: nothing in it is believed before it has been checked, and a
//! table with anything odd in it is no table. Then all members of the archive are read, as if it had none.

use crate::input::archive::{self, Child};
use std::ops::Range;

/// Bytes of names for each member, on average, above which a table is not used: members with so many names are mostly
/// linked, and then the table is work on top of reading them.
const NAMES_MAX: usize = 1024;

/// For each of the `children` of `archive` where in the archive the names are that it defines, each but the last ended by
/// a zero byte; empty for those that the table does not mention. `None` if there is no table that can be used: it is
/// missing, empty, malformed or very large, names a place that is no member, or its members are not in order.
pub fn names(archive: &[u8], children: &[Child]) -> Option<Vec<Range<usize>>> {
    let (width, table) = archive::symbol_table(archive)?;
    let numbers = &archive[table.clone()];
    let number = |i: usize| {
        let rest = numbers.get(i * width..)?;
        match width {
            4 => usize::try_from(u32::from_be_bytes(*rest.first_chunk()?)).ok(),
            _ => usize::try_from(u64::from_be_bytes(*rest.first_chunk()?)).ok(),
        }
    };
    let count = number(0).filter(|&count| count > 0)?;
    let strings = count.checked_add(1)?.checked_mul(width)?;
    let strings = numbers.get(strings..).map(|_| table.start + strings)?..table.end;
    if strings.len() / NAMES_MAX > children.len() {
        return None;
    }
    std::str::from_utf8(&archive[strings.clone()]).ok()?;
    let mut names = vec![0..0; children.len()];
    let (mut child, mut at) = (0, strings.start);
    for i in 1..=count {
        let member = number(i)?;
        while children.get(child)?.header < member {
            child += 1;
        }
        let len = memchr::memchr(0, &archive[at..strings.end]).filter(|&len| len > 0)?;
        let names = &mut names[child];
        if children[child].header != member {
            return None;
        }
        if names.end == 0 {
            names.start = at;
        }
        names.end = at + len;
        at += len + 1;
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive of a table and two members, `A` and `B`, of four bytes each; the table is made for their offsets.
    fn archive(table: &str, contents: impl Fn(usize, usize) -> Vec<u8>) -> Vec<u8> {
        let member = |name: &str, body: &[u8]| {
            let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, body.len());
            let mut bytes = [header.as_bytes(), body].concat();
            bytes.resize(bytes.len().next_multiple_of(2), b'\n');
            bytes
        };
        let first = archive::MAGIC.len() + member(table, &contents(0, 0)).len();
        let members = [member(table, &contents(first, first + 64)), member("A/", b"aaaa"), member("B/", b"bbbb")];
        [archive::MAGIC.to_vec(), members.concat()].concat()
    }

    fn table(offsets: &[usize], names: &[u8]) -> Vec<u8> {
        let numbers = [&[offsets.len()], offsets].concat();
        [numbers.iter().flat_map(|&number| (number as u32).to_be_bytes()).collect(), names.to_vec()].concat()
    }

    /// The names of `A` and of `B`.
    fn read(archive: &[u8]) -> Option<Vec<String>> {
        let names = names(archive, &archive::children(archive).unwrap())?;
        Some(names.into_iter().map(|names| String::from_utf8(archive[names].to_vec()).unwrap()).collect())
    }

    #[test]
    fn each_member_has_the_names_that_the_table_says() {
        let narrow = archive("/", |a, b| table(&[a, a, b], b"x\0yy\0z\0"));
        assert_eq!(read(&narrow).unwrap(), ["x\0yy", "z"]);
        let wide = archive("/SYM64/", |_, b| {
            let numbers = [1, b as u64];
            [numbers.map(u64::to_be_bytes).concat(), b"name\0\0\0\0".to_vec()].concat()
        });
        assert_eq!(read(&wide).unwrap(), ["", "name"]);
    }

    #[test]
    fn a_table_that_is_odd_is_none() {
        assert_eq!(read(&archive("//", |a, b| table(&[a, b], b"x\0y\0"))), None);
        assert_eq!(read(&archive("/", |_, _| Vec::new())), None);
        assert_eq!(read(&archive("/", |_, _| table(&[], b""))), None);
        for (name, contents) in [("out of order", 0), ("no member", 1), ("past the end", 2)] {
            let bytes = archive("/", |a, b| table(&[[b, a], [a, b + 1], [a, b + 1000]][contents], b"x\0y\0"));
            assert_eq!(read(&bytes), None, "{name}");
        }
        for names in [&b"x\0y"[..], b"x\0", b"x\0\0", b"\xff\0y\0", b""] {
            assert_eq!(read(&archive("/", |a, b| table(&[a, b], names))), None, "{names:?}");
        }
        for count in [4, 1 << 30, u32::MAX] {
            let bytes = archive("/", |a, b| {
                let mut bytes = table(&[a, b], b"x\0y\0");
                bytes[..4].copy_from_slice(&count.to_be_bytes());
                bytes
            });
            assert_eq!(read(&bytes), None, "{count}");
        }
        assert_eq!(read(&archive("/SYM64/", |_, _| vec![0xff; 24])), None);
    }
}
