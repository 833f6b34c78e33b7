//! Which live input segments go into which output segment.

use crate::index::*;
use crate::liveness::LiveSet;
use crate::object::linking::{NO_COMDAT, SEGMENT_STRINGS, SEGMENT_TLS};
use crate::object::{Object, Segment, SegmentInfo};
use crate::options::Options;
use crate::par;
use crate::resolve::Resolution;
use std::collections::HashMap;
use std::ops::Range;

/// Input segments that one task looks at, about.
const TASK_SEGMENTS: usize = 4096;

/// An input segment, and what its place depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// Its number among all input segments.
    pub index: InputSegmentIdx,
    /// Its object.
    pub file: FileIdx,
    /// Bytes.
    pub size: u32,
    /// Alignment as a power of two.
    pub alignment: u8,
    /// Whether it shares bytes with others: it holds strings, which are merged.
    pub merges: bool,
}

impl Member {
    /// Its number in its object.
    fn local(&self, resolution: &Resolution) -> usize {
        self.index.index() - resolution.segments.range(self.file).start
    }
    /// The segment itself.
    pub fn segment<'i>(&self, resolution: &Resolution<'i>) -> Segment<'i> {
        resolution.files[self.file].contents.segments.at(self.local(resolution))
    }
    /// The flags of the segment.
    pub fn flags(&self, resolution: &Resolution) -> u32 {
        resolution.files[self.file].object.info_of_segment(self.local(resolution)).flags
    }
    /// What the segment is called.
    pub fn name<'i>(&self, resolution: &Resolution<'i>) -> &'i str {
        let object = &resolution.files[self.file].object;
        object.text(object.info_of_segment(self.local(resolution)).name)
    }
    /// What its object is called.
    pub fn object_name<'i>(&self, resolution: &Resolution<'i>) -> &'i str {
        resolution.files[self.file].object.name
    }
}

/// An output segment to be.
#[derive(Debug, Default)]
pub(super) struct Group<'i> {
    /// Its name.
    pub name: &'i str,
    /// What it is made of, in link order: for each task that has looked at objects what it has found, if anything.
    pub runs: Vec<Vec<Member>>,
}

/// All live input segments by output segment, in the order in which those are first met.
pub(super) struct Groups<'i> {
    /// Output segments.
    pub groups: Vec<Group<'i>>,
    /// Whether one of the input segments is thread-local.
    pub uses_tls: bool,
}

/// Groups the live input segments.
pub(super) fn collect<'i>(options: &Options, resolution: &Resolution<'i>, live: &LiveSet) -> Groups<'i> {
    let segments = resolution.files.iter().map(|file| file.contents.segments.len());
    // Segments that an object keeps for itself stand among the groups: their order is that of one serial walk.
    let weight = if options.relocatable { usize::MAX } else { TASK_SEGMENTS };
    let ranges = par::balanced_ranges(segments, weight);
    let parts = par::map(ranges.len(), |i| {
        let mut part = Part::default();
        ranges[i].clone().for_each(|file| part.add_file(options, resolution, live, FileIdx::new(file)));
        part
    });
    let mut all = Part::default();
    parts.into_iter().for_each(|part| all.append(part));
    for (behind, group) in all.alone.into_iter().rev() {
        all.groups.insert(behind, group);
    }
    Groups { groups: all.groups, uses_tls: all.uses_tls }
}

/// The segments of some objects.
#[derive(Default)]
struct Part<'i> {
    /// Those of a part have one run.
    groups: Vec<Group<'i>>,
    by_name: HashMap<&'i str, usize>,
    /// Groups of one segment, which take no others, each with how many of the groups come before it.
    alone: Vec<(usize, Group<'i>)>,
    uses_tls: bool,
}

impl<'i> Part<'i> {
    fn add_file(&mut self, options: &Options, resolution: &Resolution<'i>, live: &LiveSet, file: FileIdx) {
        let content = &resolution.files[file];
        let Range { start: first, .. } = resolution.segments.range(file);
        for (local, segment) in content.contents.segments.iter().enumerate() {
            if !live.segment(InputSegmentIdx::new(first + local)) {
                continue;
            }
            let info = content.object.info_of_segment(local);
            let member = Member {
                index: InputSegmentIdx::new(first + local),
                file,
                size: segment.data.len() as u32,
                alignment: info.alignment,
                merges: merges(options, &segment, info),
            };
            self.uses_tls |= info.flags & SEGMENT_TLS != 0;
            let name = output_name(options, &content.object, info);
            // The next linker may drop a comdat segment: `-r` keeps each for itself.
            let comdat = || content.object.segment_comdats.get(local).copied().unwrap_or(NO_COMDAT);
            if options.relocatable && comdat() != NO_COMDAT {
                self.alone.push((self.groups.len(), Group { name, runs: vec![vec![member]] }));
            } else {
                let runs = self.group(name);
                match runs.first_mut() {
                    Some(run) => run.push(member),
                    None => runs.push(vec![member]),
                }
            }
        }
    }

    /// The runs of the group called `name`, which is made if it is not there.
    fn group(&mut self, name: &'i str) -> &mut Vec<Vec<Member>> {
        // Nearly all segments go to the first few groups; only programs with many named sections need the map.
        const FEW: usize = 8;
        let found = self.groups.iter().take(FEW).position(|group| group.name == name);
        let at = found.or_else(|| self.by_name.get(name).copied()).unwrap_or_else(|| {
            self.by_name.insert(name, self.groups.len());
            self.groups.push(Group { name, runs: Vec::new() });
            self.groups.len() - 1
        });
        &mut self.groups[at].runs
    }

    /// Adds the segments of objects that come behind.
    fn append(&mut self, part: Self) {
        let before = self.groups.len();
        for group in part.groups {
            self.group(group.name).extend(group.runs);
        }
        self.alone.extend(part.alone.into_iter().map(|(behind, group)| (before + behind, group)));
        self.uses_tls |= part.uses_tls;
    }
}

/// The output segment that an input segment goes into.
pub(super) fn output_name<'i>(options: &Options, object: &Object<'i>, info: SegmentInfo) -> &'i str {
    if info.flags & SEGMENT_TLS != 0 {
        return ".tdata";
    }
    if options.merge_data_segments {
        let name = object.text_bytes(info.name);
        for prefix in [".text.", ".data.", ".bss.", ".rodata."] {
            if name.starts_with(prefix.as_bytes()) {
                return &prefix[..prefix.len() - 1];
            }
        }
    }
    object.text(info.name)
}

fn merges(options: &Options, segment: &Segment, info: SegmentInfo) -> bool {
    options.optimize > 0 && info.flags & SEGMENT_STRINGS != 0 && info.alignment == 0 && !segment.data.is_empty()
}
