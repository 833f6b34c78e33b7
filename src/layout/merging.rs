//! Strings of one output segment that may share bytes.

use super::members::Member;
use super::strings::{MergedStrings, merge_strings};
use crate::diagnostic::{Diagnostics, Kind};
use crate::index::InputSegmentIdx;
use crate::par;
use crate::resolve::Resolution;

/// The members of an output segment that hold strings and have the same flags.
pub(super) struct Mergeable {
    /// Their flags.
    pub flags: u32,
    /// Index into `Layout::strings`.
    pub strings: u32,
    /// The first of them: the strings of all go where it is.
    pub first: InputSegmentIdx,
    /// For each run of members how many of them are in the runs in front of it.
    pub starts: Vec<u32>,
}

impl Mergeable {
    /// Whether `member` is one of them.
    pub fn has(&self, member: &Member, resolution: &Resolution) -> bool {
        member.merges && member.flags(resolution) == self.flags
    }
}

/// Merges the strings of the members that hold strings, per set of flags. `count` is how many merged strings the layout
/// has already. Reports strings without a terminator.
pub(super) fn merge<'i>(
    resolution: &Resolution<'i>,
    runs: &[Vec<Member>],
    count: usize,
    diagnostics: &mut Diagnostics,
) -> (Vec<Mergeable>, Vec<MergedStrings<'i>>) {
    let found = par::map(runs.len(), |run| Found::new(resolution, &runs[run]));
    let (mut mergeables, mut contents) = (Vec::<Mergeable>::new(), Vec::<Vec<&[u8]>>::new());
    for (run, found) in found.into_iter().enumerate() {
        for (mergeable, contents) in mergeables.iter_mut().zip(&contents) {
            mergeable.starts.push(contents.len() as u32);
        }
        for (flags, first, strings) in found.strings {
            match mergeables.iter().position(|mergeable| mergeable.flags == flags) {
                Some(at) => contents[at].extend(strings),
                None => {
                    let (starts, strings_index) = (vec![0; run + 1], (count + mergeables.len()) as u32);
                    mergeables.push(Mergeable { flags, strings: strings_index, first, starts });
                    contents.push(strings);
                }
            }
        }
        for member in found.unterminated {
            let (file, name) = (member.object_name(resolution), member.name(resolution));
            diagnostics.error(Kind::Malformed, format!("{file}:({name}): string is not null terminated"));
        }
    }
    (mergeables, contents.iter().map(|contents| merge_strings(contents)).collect())
}

/// What one run has.
#[derive(Default)]
struct Found<'i> {
    /// For each set of flags the first member and the strings of all.
    strings: Vec<(u32, InputSegmentIdx, Vec<&'i [u8]>)>,
    unterminated: Vec<Member>,
}

impl<'i> Found<'i> {
    fn new(resolution: &Resolution<'i>, run: &[Member]) -> Self {
        let mut found = Self::default();
        for member in run.iter().filter(|member| member.merges) {
            let strings = member.segment(resolution).data;
            if strings.last() != Some(&0) {
                found.unterminated.push(*member);
                continue;
            }
            let flags = member.flags(resolution);
            match found.strings.iter_mut().find(|(other, ..)| *other == flags) {
                Some((_, _, all)) => all.push(strings),
                None => found.strings.push((flags, member.index, vec![strings])),
            }
        }
        found
    }
}
