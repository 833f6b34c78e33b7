//! The `reloc.*` sections: the relocations of everything in the output, at their new offsets.

use super::symbols::SymbolTable;
use crate::emit::Products;
use crate::emit::code::CodePlan;
use crate::emit::custom::CustomPlan;
use crate::emit::data::DataPlan;
use crate::index::*;
use crate::layout::{Chunk, NONE};
use crate::leb;
use crate::object::relocations::{Relocation, Relocations, Target};
use crate::par;
use crate::resolve::Definition;
use rayon::prelude::*;

/// Inputs whose relocations one task writes.
const TASK_INPUTS: usize = 256;

/// Writes relocations.
pub struct Writer<'a, 'i> {
    pub products: Products<'a, 'i>,
    pub symbols: &'a SymbolTable,
    pub customs: &'a CustomPlan<'i>,
}

impl Writer<'_, '_> {
    /// The relocations of the code section: how many, and their encoded pieces.
    pub fn code(&self, code: &CodePlan) -> (u64, Vec<Vec<u8>>) {
        let functions = &self.products.layout.functions;
        self.pieces(functions.len(), |i, count, out| {
            let resolution = self.products.resolution;
            let Some((file, local)) = resolution.functions.locate(functions[i]) else { return };
            let contents = &resolution.files[file].contents;
            let body = contents.bodies.at(local as usize);
            let (offset, _) = code.payload_offset(i);
            self.push_all(file, contents.body_relocations(&body), body.offset, offset, count, out);
        })
    }

    /// The relocations of the data section.
    pub fn data(&self, data: &DataPlan) -> (u64, Vec<Vec<u8>>) {
        let chunks: Vec<(InputSegmentIdx, u64)> = data
            .payload_offsets()
            .flat_map(|(index, start)| {
                let chunks = self.products.layout.segments[index].chunks.iter();
                chunks.filter_map(move |&(chunk, offset)| match chunk {
                    Chunk::Input(input) => Some((input, start + offset)),
                    Chunk::Strings(_) => None,
                })
            })
            .collect();
        self.pieces(chunks.len(), |i, count, out| {
            let (index, offset) = chunks[i];
            let Some((file, local)) = self.products.resolution.segments.locate(index) else { return };
            let contents = &self.products.resolution.files[file].contents;
            let segment = contents.segments.at(local as usize);
            self.push_all(file, contents.segment_relocations(&segment), segment.offset, offset, count, out);
        })
    }

    /// The relocations of custom section number `index`.
    pub fn custom(&self, index: usize) -> (u64, Vec<Vec<u8>>) {
        let section = &self.customs.sections()[index];
        if section.is_merged() {
            return (0, Vec::new());
        }
        let inputs = section.inputs();
        self.pieces(inputs.len(), |i, count, out| {
            let (index, offset) = inputs[i];
            let Some((file, local)) = self.products.resolution.customs.locate(index) else { return };
            let custom = &self.products.resolution.files[file].contents.customs[local as usize];
            self.push_all(file, custom.relocations, 0, offset as u64, count, out);
        })
    }

    fn pieces(&self, inputs: usize, write: impl Fn(usize, &mut u64, &mut Vec<u8>) + Sync) -> (u64, Vec<Vec<u8>>) {
        let ranges = par::balanced_ranges((0..inputs).map(|_| 1), TASK_INPUTS);
        let written: Vec<(u64, Vec<u8>)> = ranges
            .into_par_iter()
            .map(|range| {
                let (mut count, mut out) = (0, Vec::new());
                range.for_each(|i| write(i, &mut count, &mut out));
                (count, out)
            })
            .collect();
        (written.iter().map(|(count, _)| count).sum(), written.into_iter().map(|(_, piece)| piece).collect())
    }

    /// Appends relocations whose offsets counted from `old` and count from `new` now.
    fn push_all(
        &self,
        file: FileIdx,
        relocations: Relocations,
        old: u32,
        new: u64,
        count: &mut u64,
        out: &mut Vec<u8>,
    ) {
        for relocation in relocations {
            let index = self.index(file, &relocation);
            // What is not in the output has no symbol: its field keeps what stands for it. To wasm-ld, nothing that
            // garbage collection reaches refers to sections.
            let dropped = relocation.kind.target() == Target::SectionOffset && self.products.options.gc_sections;
            if index == NONE || dropped {
                continue;
            }
            *count += 1;
            out.push(relocation.kind.code());
            leb::push_unsigned(out, new + (relocation.offset - old) as u64);
            leb::push_unsigned(out, index as u64);
            if relocation.kind.spec().addend {
                leb::push_signed(out, self.addend(file, &relocation));
            }
        }
    }

    fn index(&self, file: FileIdx, relocation: &Relocation) -> u32 {
        if relocation.kind.target() == Target::TypeIndex {
            let member = self.products.resolution.files[file].member;
            let signature = self.products.resolution.names.types[member][relocation.index as usize];
            return self.products.layout.type_index(signature).unwrap_or(0);
        }
        self.symbols.index(self.products, self.customs, file, relocation.index)
    }

    /// Offsets in a section count from its start, and sections of one name were joined.
    fn addend(&self, file: FileIdx, relocation: &Relocation) -> i64 {
        if relocation.kind.target() == Target::SectionOffset
            && let Definition::Section(custom) = self.products.resolution.definition(file, relocation.index)
            && let Some(offset) = self.customs.offset(custom, relocation.addend as u64)
        {
            return offset as i64;
        }
        relocation.addend
    }
}
