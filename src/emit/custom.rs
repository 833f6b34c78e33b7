//! Custom sections: those of one name are joined, in link order.

use super::{Products, task_bytes};
use crate::index::*;
use crate::layout::{MergedStrings, NONE, StringPlaces, merge_strings};
use crate::object::CustomSection;
use crate::par;
use crate::relocate::{self, Relocator};
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
    /// The pieces that cover section number `index`, in order: which inputs or strings, and how many bytes.
    pub fn jobs(&self, index: usize) -> Vec<(Range<usize>, usize)> {
        let section = &self.sections[index];
        let weight = task_bytes(section.size);
        if let Some(strings) = &section.strings {
            return strings.ranges(weight);
        }
        let bytes = |range: &Range<usize>| section.piece_start(range.end) - section.piece_start(range.start);
        let ranges = par::balanced_ranges((0..section.pieces.len()).map(|i| bytes(&(i..i + 1))), weight);
        ranges.into_iter().map(|range| (range.clone(), bytes(&range))).collect()
    }
    /// Copies and relocates the inputs `range` of section number `index`. `out` must be zero.
    pub fn write(&self, index: usize, range: Range<usize>, relocator: &Relocator, out: &mut [u8]) {
        let section = &self.sections[index];
        if let Some(strings) = &section.strings {
            strings.write(range, out);
            return;
        }
        let tombstone = tombstone(section.name);
        let base = section.piece_start(range.start);
        for &(index, offset) in &section.pieces[range] {
            let Some((file, local)) = relocator.resolution.customs.locate(index) else { continue };
            let custom = &relocator.resolution.files[file].contents.customs[local as usize];
            let at = offset - base;
            let out = &mut out[at..at + custom.data.len()];
            out.copy_from_slice(custom.data);
            relocate::apply_to_custom(relocator, file, custom.relocations, tombstone, out);
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
        return (OutputCustom { name, size: strings.size as usize, pieces, strings: Some(strings) }, offsets);
    }
    let alignment = if COVERAGE_SECTIONS.contains(&name) { 8 } else { 1 };
    let mut size = 0usize;
    let mut pieces = Vec::with_capacity(inputs.len());
    for (index, custom) in inputs {
        size = size.next_multiple_of(alignment);
        pieces.push((index, size));
        size += custom.data.len();
    }
    let offsets = pieces.iter().map(|&(_, offset)| offset as u64).collect();
    (OutputCustom { name, size, pieces, strings: None }, offsets)
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
