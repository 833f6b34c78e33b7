//! Custom sections: those of one name are joined, in link order.

use super::{Products, task_bytes};
use crate::index::*;
use crate::layout::{MergedStrings, NONE, StringPlaces, merge_strings};
use crate::object::CustomSection;
use crate::par;
use crate::relocate::{self, Relocator, Window, windows};
use rayon::prelude::*;
use std::collections::HashMap;
use std::ops::Range;

/// Sections of strings, which are merged.
const STRING_SECTIONS: [&str; 3] = [".debug_str", ".debug_str.dwo", ".debug_line_str"];
/// Sections whose pieces start at multiples of 8 bytes: what reads coverage data expects that.
const COVERAGE_SECTIONS: [&str; 2] = ["__llvm_covfun", "__llvm_covmap"];

/// A custom section of the output.
pub struct OutputCustom<'i> {
    /// Its name.
    pub name: &'i str,
    /// Bytes behind the name.
    pub size: usize,
    pieces: Vec<(InputCustomIdx, usize)>,
    strings: Option<MergedStrings<'i>>,
    /// What each task writes, and how many bytes that is.
    tasks: Vec<(Part, usize)>,
}

/// A part of a section.
#[derive(Clone, Debug)]
enum Part {
    /// Input sections, or strings.
    Pieces(Range<usize>),
    /// A part of one large input section.
    Window(usize, Window),
}

/// Where an input custom section went.
#[derive(Clone, Copy)]
struct CustomPlace {
    section: u32,
    /// Offset in the section; which input of the merged strings it is.
    offset: u64,
}

/// Where each custom section lies.
pub struct CustomPlan<'i> {
    sections: Vec<OutputCustom<'i>>,
    places: Vec<CustomPlace>,
}

impl<'i> CustomPlan<'i> {
    /// Joins sections of one name.
    pub fn new(products: Products<'_, 'i>) -> Self {
        let resolution = products.resolution;
        let mut groups: Vec<(&'i str, Vec<(InputCustomIdx, CustomSection<'i>)>)> = Vec::new();
        let mut group_of = HashMap::new();
        for (file, content) in resolution.files.iter_enumerated() {
            for (local, custom) in content.contents.customs.iter().enumerate() {
                if is_kept(products, custom)
                    && content.keeps(content.object.section_comdats.get(custom.section as usize))
                {
                    let group = *group_of.entry(custom.name).or_insert_with(|| {
                        groups.push((custom.name, Vec::new()));
                        groups.len() - 1
                    });
                    groups[group].1.push((resolution.customs.get(file, local as u32), *custom));
                }
            }
        }
        let merge = products.options.optimize > 0;
        let made: Vec<_> = groups.into_par_iter().map(|(name, inputs)| join(name, inputs, merge)).collect();
        let mut places = vec![CustomPlace { section: NONE, offset: 0 }; resolution.customs.total()];
        let mut sections = Vec::with_capacity(made.len());
        for (number, (section, offsets)) in made.into_iter().enumerate() {
            for (&(index, _), offset) in section.pieces.iter().zip(offsets) {
                places[index.index()] = CustomPlace { section: number as u32, offset };
            }
            sections.push(section);
        }
        Self { sections, places }
    }
    /// The sections, in output order.
    pub fn sections(&self) -> &[OutputCustom<'i>] {
        &self.sections
    }
    /// Offset in its output section of offset `offset` of an input section.
    pub fn offset(&self, custom: InputCustomIdx, offset: u64) -> Option<u64> {
        self.start(custom)
            .map(|start| start.wrapping_add(offset))
            .or_else(|| Some(self.strings(custom)?.translate(offset)))
    }
    /// Where the strings of an input section went, if they were merged.
    pub fn strings(&self, custom: InputCustomIdx) -> Option<StringPlaces<'_>> {
        let place = self.places[custom.index()];
        let section = self.sections.get(place.section as usize)?;
        section.strings.as_ref().map(|strings| strings.places(place.offset as usize))
    }
    /// Offset of an input section in its output section, if it is there in one piece.
    pub fn start(&self, custom: InputCustomIdx) -> Option<u64> {
        let place = self.places[custom.index()];
        let section = self.sections.get(place.section as usize)?;
        section.strings.is_none().then_some(place.offset)
    }
    /// The output section that an input section is a part of.
    pub fn section_of(&self, custom: InputCustomIdx) -> Option<usize> {
        let section = self.places[custom.index()].section as usize;
        (section < self.sections.len()).then_some(section)
    }
    /// Bytes of the tasks that write section number `index`, in order.
    pub fn task_sizes(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        self.sections[index].tasks.iter().map(|&(_, bytes)| bytes)
    }
    /// Copies and relocates what task number `task` of section number `index` covers. `out` must be zero.
    pub fn write(&self, index: usize, task: usize, relocator: &Relocator, out: &mut [u8]) {
        let section = &self.sections[index];
        let (range, window) = match &section.tasks[task].0 {
            Part::Pieces(range) => (range.clone(), None),
            Part::Window(piece, window) => (*piece..piece + 1, Some(window)),
        };
        if let Some(strings) = &section.strings {
            strings.write(range, out);
            return;
        }
        let tombstone = tombstone(section.name);
        let base = section.piece_start(range.start);
        for &(index, offset) in &section.pieces[range] {
            let Some((file, local)) = relocator.resolution.customs.locate(index) else { continue };
            let custom = &relocator.resolution.files[file].contents.customs[local as usize];
            let (mut bytes, mut relocations) = (0..custom.data.len(), custom.relocations);
            if let Some(window) = window {
                (bytes, relocations) = (window.bytes.clone(), relocations.part(&window.relocations));
            }
            let at = offset - base;
            let out = &mut out[at..at + bytes.len()];
            out.copy_from_slice(&custom.data[bytes.clone()]);
            relocate::apply_to_custom(relocator, file, relocations, bytes.start as u32, tombstone, out);
        }
    }
}

impl OutputCustom<'_> {
    /// Whether there are bytes between its pieces.
    pub fn has_gaps(&self) -> bool {
        COVERAGE_SECTIONS.contains(&self.name)
    }
    /// Whether it is made of merged strings.
    pub fn is_merged(&self) -> bool {
        self.strings.is_some()
    }
    /// The input sections, each with its offset; without meaning for merged strings.
    pub fn inputs(&self) -> &[(InputCustomIdx, usize)] {
        &self.pieces
    }
    /// The parts that cover the section, which is made of `inputs`, in order, with their sizes. A part has the bytes behind
    /// it, up to the next input, too.
    fn parts(&self, inputs: &[(InputCustomIdx, CustomSection)]) -> Vec<(Part, usize)> {
        let weight = task_bytes(self.size);
        let bytes = |range: &Range<usize>| self.piece_start(range.end) - self.piece_start(range.start);
        let ranges = par::balanced_ranges((0..inputs.len()).map(|i| bytes(&(i..i + 1))), weight);
        let of_range = |range: Range<usize>| {
            // A range ends with the first input that fills it.
            let (others, last) = (range.start..range.end - 1, range.end - 1..range.end);
            let custom = &inputs[last.start].1;
            let windows = windows(custom.data.len(), custom.relocations, 0, weight);
            if windows.len() == 1 {
                return vec![(Part::Pieces(range.clone()), bytes(&range))];
            }
            let mut parts = Vec::with_capacity(windows.len() + 1);
            if !others.is_empty() {
                parts.push((Part::Pieces(others.clone()), bytes(&others)));
            }
            let behind = bytes(&last) - custom.data.len();
            let sized = |window: Window| {
                let bytes = window.bytes.len();
                (Part::Window(last.start, window), bytes)
            };
            parts.extend(windows.into_iter().map(sized));
            parts.iter_mut().last().into_iter().for_each(|(_, bytes)| *bytes += behind);
            parts
        };
        ranges.into_par_iter().flat_map_iter(of_range).collect()
    }
    /// Offset of input number `i`; the size of the section behind the last.
    fn piece_start(&self, i: usize) -> usize {
        self.pieces.get(i).map_or(self.size, |&(_, offset)| offset)
    }
}

fn is_kept(products: Products, custom: &CustomSection) -> bool {
    let strip_debug = products.options.strip_debug || products.options.strip_all;
    // `.llvmbc` and `.llvmcmd` are bitcode that compilers embed for other tools.
    let consumed = matches!(custom.name, "linking" | "name" | "producers" | "target_features" | ".llvmbc" | ".llvmcmd")
        || custom.name.starts_with("reloc.");
    let stripped = strip_debug && custom.name.starts_with(".debug_");
    !custom.data.is_empty() && !consumed && !stripped
}

fn join<'i>(
    name: &'i str,
    inputs: Vec<(InputCustomIdx, CustomSection<'i>)>,
    merge: bool,
) -> (OutputCustom<'i>, Vec<u64>) {
    let terminated = || inputs.iter().all(|(_, custom)| custom.data.last() == Some(&0));
    if merge && STRING_SECTIONS.contains(&name) && terminated() {
        let contents: Vec<&[u8]> = inputs.iter().map(|(_, custom)| custom.data).collect();
        let strings = merge_strings(&contents);
        let offsets = (0..inputs.len() as u64).collect();
        let pieces = inputs.iter().map(|&(index, _)| (index, 0)).collect();
        let size = strings.size as usize;
        let ranges = strings.ranges(task_bytes(size));
        let tasks = ranges.into_iter().map(|(range, bytes)| (Part::Pieces(range), bytes)).collect();
        return (OutputCustom { name, size, pieces, strings: Some(strings), tasks }, offsets);
    }
    let alignment = if COVERAGE_SECTIONS.contains(&name) { 8 } else { 1 };
    let mut size = 0usize;
    let mut pieces = Vec::with_capacity(inputs.len());
    for (index, custom) in &inputs {
        size = size.next_multiple_of(alignment);
        pieces.push((*index, size));
        size += custom.data.len();
    }
    let offsets = pieces.iter().map(|&(_, offset)| offset as u64).collect();
    let mut section = OutputCustom { name, size, pieces, strings: None, tasks: Vec::new() };
    section.tasks = section.parts(&inputs);
    (section, offsets)
}

/// What stands for dropped functions and data in a section: an address that no debugger takes for code.
fn tombstone(name: &str) -> u64 {
    match name {
        // Here all ones already means something else.
        ".debug_ranges" | ".debug_loc" => -2i64 as u64,
        _ if name.starts_with(".debug_") || name.starts_with("llvm.func_attr.") => u64::MAX,
        _ => 0,
    }
}
