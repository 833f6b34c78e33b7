//! The code section.

use super::{Products, task_bytes};
use crate::index::*;
use crate::leb;
use crate::mir::{self, CodegenBuffer};
use crate::object::RelocationKind;
use crate::par;
use crate::relocate::{self, BodyPlaces, FileValues, Place, Relocator, Table};
use rayon::prelude::*;
use std::ops::Range;

/// Where each body lies.
pub struct CodePlan {
    /// Offset of the first body from the start of the section's payload.
    start: usize,
    /// Offset of each function's body from the start of the first. They are 32 bits of it: a section that is larger is
    /// an error.
    offsets: Vec<u32>,
    /// Bytes of all bodies.
    size: usize,
    /// Bytes of each function's size field; as in LLD, 0 for the linker's own.
    size_widths: Vec<u8>,
    /// Which functions each task writes.
    tasks: Vec<Range<usize>>,
    /// The bodies of tasks whose functions are MIR or get short fields: made while planning, which needs their sizes.
    lowered: Vec<Option<CodegenBuffer>>,
}

impl CodePlan {
    /// Sizes every body. A body as it comes is as large as it was; compressed ones are produced here.
    pub fn new(products: Products, table: Option<&Table>) -> Self {
        let functions = &products.layout.functions;
        let size_near = |near: &mut FileIdx, &function: &InputFunctionIdx| size_of(products, function, near);
        let (mut offsets, size_widths): (Vec<u32>, Vec<u8>) =
            functions.par_iter().with_min_len(1024).map_init(|| FileIdx(0), size_near).unzip();
        let mut size = par::sizes_to_offsets(&mut offsets);
        let tasks = cut(&offsets, size);
        let lowered = par::map(tasks.len(), |i| lower(products, table, &functions[tasks[i].clone()]));
        if lowered.iter().any(Option::is_some) {
            let ends = offsets[1..].iter().copied().chain([size as u32]);
            let mut sizes: Vec<u32> = offsets.iter().zip(ends).map(|(&start, end)| end.wrapping_sub(start)).collect();
            for (task, buffer) in tasks.iter().zip(&lowered) {
                let made = buffer.iter().flat_map(CodegenBuffer::sizes);
                sizes[task.clone()].iter_mut().zip(made).for_each(|(size, made)| *size = made as u32);
            }
            size = par::sizes_to_offsets(&mut sizes);
            offsets = sizes;
        }
        Self { start: leb::unsigned_size(functions.len() as u64), offsets, size, size_widths, tasks, lowered }
    }
    /// Bytes of all bodies.
    pub fn size(&self) -> usize {
        self.size
    }
    /// Offset of body number `index` from the start of the first; the end of the last behind it.
    fn offset(&self, index: usize) -> u32 {
        self.offsets.get(index).copied().unwrap_or(self.size as u32)
    }
    /// Bytes of the bodies `range`.
    fn bytes(&self, range: &Range<usize>) -> usize {
        self.offset(range.end).wrapping_sub(self.offset(range.start)) as usize
    }
    /// Offset of body number `index` from the start of the section's payload, and bytes of its size field.
    pub fn payload_offset(&self, index: usize) -> (u64, u64) {
        (self.start as u64 + self.offsets[index] as u64, self.size_widths[index] as u64)
    }
    /// Where the bodies lie; `first` is the index of the first function.
    pub fn bodies(&self, first: u32) -> BodyPlaces<'_> {
        BodyPlaces { first, start: self.start as u64, offsets: &self.offsets, size_widths: &self.size_widths }
    }
    /// Bytes of body number `index`.
    pub fn size_of(&self, index: usize) -> u64 {
        self.bytes(&(index..index + 1)) as u64
    }
    /// Bytes that each task writes, in order.
    pub fn task_sizes(&self) -> impl Iterator<Item = usize> + '_ {
        self.tasks.iter().map(|range| self.bytes(range))
    }
    /// Copies and relocates the bodies of task number `task`.
    pub fn write(&self, products: Products, relocator: &Relocator, task: usize, out: &mut [u8]) {
        let range = self.tasks[task].clone();
        let (mut near, mut rest) = (FileIdx(0), out);
        for (i, index) in range.enumerate() {
            let (out, behind) = rest.split_at_mut(self.size_of(index) as usize);
            rest = behind;
            match &self.lowered[task] {
                Some(buffer) => out.copy_from_slice(buffer.get(i)),
                None => write_body(products, relocator, products.layout.functions[index], &mut near, out),
            }
        }
    }
}

/// Runs of bodies of about [`task_bytes`] each; the bodies begin at `offsets` and end at `size`.
fn cut(offsets: &[u32], size: usize) -> Vec<Range<usize>> {
    let weight = task_bytes(size);
    let (mut tasks, mut start) = (Vec::with_capacity(size / weight + 1), 0);
    while start < offsets.len() {
        // The first that reaches the weight is the last of the task.
        let wanted = offsets[start] as usize + weight;
        let more = offsets[start + 1..].partition_point(|&offset| (offset as usize) < wanted);
        let end = (start + 1 + more).min(offsets.len());
        tasks.push(start..end);
        start = end;
    }
    tasks
}

/// Bytes of a body, and of its size field.
fn size_of(products: Products, function: InputFunctionIdx, near: &mut FileIdx) -> (u32, u8) {
    let resolution = products.resolution;
    match resolution.locate_function(function, near) {
        Some((file, local)) => {
            let body = resolution.files[file].contents.bodies.at(local as usize);
            (body.size, body.size_width as u8)
        }
        None => (linker_body(products, function).len() as u32, 0),
    }
}

fn linker_body<'a>(products: Products<'a, '_>, function: InputFunctionIdx) -> &'a [u8] {
    products.bodies.get(function.index() - products.resolution.functions.total())
}

fn write_body(
    products: Products,
    relocator: &Relocator,
    function: InputFunctionIdx,
    near: &mut FileIdx,
    out: &mut [u8],
) {
    let Some((file, local)) = products.resolution.locate_function(function, near) else {
        out.copy_from_slice(linker_body(products, function));
        return;
    };
    let contents = &products.resolution.files[file].contents;
    let body = contents.bodies.at(local as usize);
    out.copy_from_slice(contents.body_bytes(&body));
    relocate::apply(relocator, file, contents.body_relocations(&body), body.offset, Place::default(), out);
}

/// The bodies of `functions`, if any of them has to be made: it is MIR, or fields are to be short.
fn lower(products: Products, table: Option<&Table>, functions: &[InputFunctionIdx]) -> Option<CodegenBuffer> {
    let Products { options, resolution, live, layout, .. } = products;
    let is_mir = |&function: &InputFunctionIdx| {
        let place = resolution.functions.locate(function);
        place.is_some_and(|(file, _)| resolution.files[file].contents.mir.is_some())
    };
    let has_mir = || resolution.has_mir && functions.iter().any(is_mir);
    if !(options.compresses_relocations() || has_mir()) {
        return None;
    }
    let relocator = Relocator { resolution, live, layout, offsets: None, table };
    // Sizes of bodies are estimates where they are not known.
    let near = &mut FileIdx(0);
    let bytes: usize = functions.iter().map(|&function| size_of(products, function, near).0 as usize).sum();
    let mut buffer = CodegenBuffer::with_capacity(functions.len(), bytes + bytes / 4);
    for &function in functions {
        lower_one(products, &relocator, function, &mut buffer);
    }
    Some(buffer)
}

fn lower_one(products: Products, relocator: &Relocator, function: InputFunctionIdx, buffer: &mut CodegenBuffer) {
    let short = products.options.compresses_relocations();
    let Some((file, local)) = products.resolution.functions.locate(function) else {
        // A body of the linker is as short as it can be; its size field is made anew.
        let body = linker_body(products, function);
        let mut width = 0;
        let _ = leb::read_u32(body, &mut width);
        return buffer.body(|out| out.extend_from_slice(&body[width..]));
    };
    let contents = &products.resolution.files[file].contents;
    let body = contents.bodies.at(local as usize);
    if let Some(unit) = &contents.mir {
        let function = local as usize;
        let values = UnitValues { file: relocator.of_file(file), operands: unit.operands(function) };
        return buffer.body(|out| {
            let lowered = mir::lower_unit(unit, function, &values, out);
            lowered.expect("MIR is checked when it is read");
        });
    }
    if !short {
        return buffer
            .encoded(body.size as usize, |out| write_body(products, relocator, function, &mut FileIdx(0), out));
    }
    let bytes = &contents.body_bytes(&body)[body.size_width as usize..];
    let (relocations, base) = (contents.body_relocations(&body), body.offset + body.size_width);
    buffer.body(|out| relocate::push_compressed(relocator, file, relocations, base, bytes, out));
}

/// What the operands of a function of a file with MIR stand for.
struct UnitValues<'r, 'a, 'i> {
    file: FileValues<'r, 'a, 'i>,
    operands: mir::Operands<'r>,
}

impl mir::Values for UnitValues<'_, '_, '_> {
    #[inline]
    fn value(&self, kind: RelocationKind, operand: u32, addend: i64) -> u64 {
        self.file.operand(kind, self.operands.get(kind, operand), addend)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_cover_all_bodies_and_reach_their_weight() {
        for (len, each) in [(0usize, 10u32), (1, 10), (1, 1 << 20), (5000, 100), (70, 1 << 16)] {
            let mut offsets: Vec<u32> = (0..len as u32).map(|i| each + i % 3).collect();
            let sizes = offsets.clone();
            let size = par::sizes_to_offsets(&mut offsets);
            let tasks = cut(&offsets, size);
            assert_eq!(tasks, par::balanced_ranges(sizes.iter().map(|&size| size as usize), task_bytes(size)));
        }
    }
}
