//! The symbol table of an archive (GNU, 32 and 64 bits): which names its members define.
//!
//! The table is a list that some tool has made at some time: nothing in it is believed before it has been checked, and a
//! table with anything odd in it is no table. Then all members of the archive are read, as if it had none.

use crate::input::archive::{self, Child};
use std::ops::Range;

/// For each of the `children` of `archive` where in the archive the names are that it defines, each but the last ended by
/// a zero byte; empty for those that the table does not mention. `None` if there is no table that can be used: it is
/// missing, empty or malformed, names a place that is no member, or its members are not in order.
pub fn names(archive: &[u8], children: &[Child]) -> Option<Vec<Range<usize>>> {
    let (width, table) = archive::symbol_table(archive)?;
    let numbers = &archive[table.clone()];
    let number = |i: usize| {
        let bytes = numbers.get(i * width..)?.get(..width)?;
        bytes.iter().try_fold(0usize, |value, &byte| Some(value.checked_mul(256)? + usize::from(byte)))
    };
    let count = number(0).filter(|&count| count > 0)?;
    let strings = count.checked_add(1)?.checked_mul(width)?;
    let strings = numbers.get(strings..).map(|_| table.start + strings)?..table.end;
    std::str::from_utf8(&archive[strings.clone()]).ok()?;
    let mut names = vec![0..0; children.len()];
    let (mut child, mut at) = (0, strings.start);
    for i in 1..=count {
        let member = number(i)?;
        child += children[child..].iter().position(|child| child.header >= member)?;
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
