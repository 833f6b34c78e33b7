//! Strings of one output segment that may share bytes.

use super::members::Member;
use super::strings::{MergedStrings, merge_strings};
use crate::diagnostic::{Diagnostics, Kind};
use crate::index::{IndexMap, InputSegmentIdx};
use crate::par;
use crate::resolve::Resolution;
use std::collections::HashMap;

/// The members of an output segment that hold strings, by their flags: those with the same flags share bytes.
#[derive(Default)]
pub(super) struct Mergeables {
    sets: FlagSets,
    /// Index into `Layout::strings` of the first set; the others follow.
    start: u32,
    /// For each set the first member: the strings of all go where it is.
    firsts: Vec<InputSegmentIdx>,
    /// The set of each of these.
    set_of_first: IndexMap<InputSegmentIdx, u32>,
    /// For each run of members, in the order of [`FlagSets`] there, the set, and how many of it are in the runs in front.
    runs: Vec<Vec<(u32, u32)>>,
}

impl Mergeables {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.firsts.is_empty()
    }
    /// How many sets there are.
    pub fn len(&self) -> usize {
        self.firsts.len()
    }
    /// Index into `Layout::strings` of a set.
    pub fn strings(&self, set: usize) -> u32 {
        self.start + set as u32
    }
    /// The set of a member, if it is of one.
    pub fn set_of(&self, member: &Member, resolution: &Resolution) -> Option<usize> {
        member.merges.then(|| self.sets.find(member.flags(resolution))).flatten()
    }
    /// Index into `Layout::strings` of the set whose strings go where this segment is, if there is one.
    #[inline]
    pub fn strings_at(&self, segment: InputSegmentIdx) -> Option<u32> {
        match self.firsts[..] {
            [first] => (first == segment).then_some(self.start),
            _ => self.set_of_first.get(&segment).map(|&set| self.strings(set as usize)),
        }
    }
    /// The strings go where the first of `members`, which are all of them in another order, is.
    pub fn reorder(&mut self, members: &[Member], resolution: &Resolution) {
        let mut seen = vec![false; self.len()];
        for member in members {
            if let Some(set) = self.set_of(member, resolution)
                && !std::mem::replace(&mut seen[set], true)
            {
                self.firsts[set] = member.index;
            }
        }
        self.index_firsts();
    }
    /// Calls `found` with each member of run number `number` that is of a set, the index of the set's strings, and the
    /// member's number among those that are merged.
    pub fn number_run(
        &self,
        number: usize,
        run: &[Member],
        resolution: &Resolution,
        mut found: impl FnMut(&Member, u32, u32),
    ) {
        let (mut sets, mut numbers) = (FlagSets::default(), self.runs[number].clone());
        for member in run.iter().filter(|member| is_terminated(member, resolution)) {
            let (set, next) = &mut numbers[sets.number(member.flags(resolution))];
            found(member, self.strings(*set as usize), *next);
            *next += 1;
        }
    }
    /// Sets with these first members.
    #[cfg(test)]
    pub fn of_firsts(firsts: Vec<InputSegmentIdx>) -> Self {
        let mut all = Self { firsts, ..Self::default() };
        all.index_firsts();
        all
    }
    fn index_firsts(&mut self) {
        self.set_of_first = self.firsts.iter().zip(0..).map(|(&first, set)| (first, set)).collect();
    }
}

/// Whether the member holds strings, all of which end.
fn is_terminated(member: &Member, resolution: &Resolution) -> bool {
    member.merges && member.segment(resolution).data.last() == Some(&0)
}

/// Merges the strings of the members that hold strings, per set of flags. `count` is how many merged strings the layout
/// has already. Reports strings without a terminator.
pub(super) fn merge<'i>(
    resolution: &Resolution<'i>,
    runs: &[Vec<Member>],
    count: usize,
    diagnostics: &mut Diagnostics,
) -> (Mergeables, Vec<MergedStrings<'i>>) {
    let found = par::map(runs.len(), |run| Found::new(resolution, &runs[run]));
    let mut all = Mergeables { start: count as u32, ..Mergeables::default() };
    let mut contents = Vec::<Vec<&[u8]>>::new();
    for found in found {
        let mut starts = Vec::with_capacity(found.strings.len());
        for (flags, first, strings) in found.strings {
            let set = all.sets.number(flags);
            if set == contents.len() {
                all.firsts.push(first);
                contents.push(Vec::new());
            }
            starts.push((set as u32, contents[set].len() as u32));
            if contents[set].is_empty() { contents[set] = strings } else { contents[set].extend(strings) }
        }
        all.runs.push(starts);
        for member in found.unterminated {
            let (file, name) = (member.object_name(resolution), member.name(resolution));
            diagnostics.error(Kind::Malformed, format!("{file}:({name}): string is not null terminated"));
        }
    }
    all.index_firsts();
    (all, contents.iter().map(|contents| merge_strings(contents)).collect())
}

/// What one run has.
#[derive(Default)]
struct Found<'i> {
    /// For each set of flags, in the order of [`FlagSets`], the first member and the strings of all.
    strings: Vec<(u32, InputSegmentIdx, Vec<&'i [u8]>)>,
    unterminated: Vec<Member>,
}

impl<'i> Found<'i> {
    fn new(resolution: &Resolution<'i>, run: &[Member]) -> Self {
        let (mut found, mut sets) = (Self::default(), FlagSets::default());
        for member in run.iter().filter(|member| member.merges) {
            if !is_terminated(member, resolution) {
                found.unterminated.push(*member);
                continue;
            }
            let flags = member.flags(resolution);
            let set = sets.number(flags);
            if set == found.strings.len() {
                found.strings.push((flags, member.index, Vec::new()));
            }
            found.strings[set].2.push(member.segment(resolution).data);
        }
        found
    }
}

/// Numbers sets of flags in the order in which they are met. Compilers write one or two; a file may have any number.
#[derive(Default)]
struct FlagSets {
    last: Option<(u32, usize)>,
    numbers: HashMap<u32, usize>,
}

impl FlagSets {
    fn number(&mut self, flags: u32) -> usize {
        match self.last {
            Some((last, number)) if last == flags => number,
            _ => {
                let next = self.numbers.len();
                let number = *self.numbers.entry(flags).or_insert(next);
                self.last = Some((flags, number));
                number
            }
        }
    }
    fn find(&self, flags: u32) -> Option<usize> {
        match self.last {
            Some((last, number)) if last == flags => Some(number),
            _ => self.numbers.get(&flags).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leb;
    use crate::options::Order;

    #[test]
    fn sets_of_flags_are_numbered_as_they_come() {
        let mut sets = FlagSets::default();
        let numbers: Vec<usize> = [1, 1, 5, 1, 9, 5, 9].map(|flags| sets.number(flags)).into();
        assert_eq!(numbers, [0, 0, 1, 0, 2, 1, 2]);
        assert_eq!([9, 5, 1, 0].map(|flags| sets.find(flags)), [Some(2), Some(1), Some(0), None]);
    }

    /// An object with `count` segments of strings, no two of which have the same flags.
    fn strings_of_many_kinds(count: u32) -> Vec<u8> {
        let section = |id: u8, name: &str, payload: Vec<u8>| {
            let mut body = Vec::new();
            if id == 0 {
                leb::push_name(&mut body, name.as_bytes());
            }
            body.extend(payload);
            let mut section = vec![id];
            leb::push_unsigned(&mut section, body.len() as u64);
            section.extend(body);
            section
        };
        let (mut data, mut infos) = (Vec::new(), Vec::new());
        [&mut data, &mut infos].into_iter().for_each(|list| leb::push_unsigned(list, count as u64));
        for i in 0..count {
            data.extend([0, 0x41, 0, 0x0b, 3, b'a' + (i % 26) as u8, b'z', 0]);
            infos.extend([1, b'.', 0]);
            // Strings, retained, and something that nobody knows.
            leb::push_unsigned(&mut infos, (1 | 4 | i << 3).into());
        }
        let mut linking = vec![2, 5];
        leb::push_unsigned(&mut linking, infos.len() as u64);
        linking.extend(infos);
        let mut imports = vec![1];
        leb::push_name(&mut imports, b"env");
        leb::push_name(&mut imports, b"__linear_memory");
        imports.extend([2, 0, 0]);
        let sections = [section(2, "", imports), section(11, "", data), section(0, "linking", linking)];
        [b"\0asm\x01\0\0\0".as_slice(), &sections.concat()].concat()
    }

    #[test]
    fn any_number_of_kinds_of_strings_is_merged_in_time() {
        for (count, orders) in [(200_000, Order::Input), (200_000, Order::Compact), (3, Order::Input)] {
            let mut linker = crate::Linker::new();
            linker.options.entry = None;
            linker.options.segment_order = orders;
            linker.input("a.o", strings_of_many_kinds(count)).input("b.o", strings_of_many_kinds(count));
            let linked = linker.link().unwrap();
            // Each kind has its strings of both objects, which are the same.
            let strings = linked.module.windows(2).filter(|bytes| *bytes == b"z\0").count();
            assert_eq!(strings, count as usize);
        }
    }
}
