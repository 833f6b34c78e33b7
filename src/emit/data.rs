//! The data section.

use super::Products;
use super::sections::address_expr;
use crate::layout::{Chunk, Layout, OutputSegment};
use crate::leb;
use crate::par;
use crate::relocate::{self, Place, Relocator};
use wasm_encoder::Encode;

/// Bytes of segments that one task copies, about.
const TASK_BYTES: usize = 1 << 18;

/// Where each segment lies.
pub struct DataPlan {
    /// Index into `Layout::segments`, its header, and where that lies in the section.
    segments: Vec<(usize, Vec<u8>)>,
    size: usize,
}

impl DataPlan {
    /// Makes the headers of all segments that take bytes.
    pub fn new(products: Products) -> Self {
        let layout = products.layout;
        let mut segments = Vec::new();
        let mut size = 0;
        for (index, segment) in layout.segments.iter().enumerate().filter(|(_, segment)| layout.in_binary(segment)) {
            let header = header(products, segment);
            size += header.len() + segment.size as usize;
            segments.push((index, header));
        }
        Self { segments, size }
    }
    /// How many segments take bytes.
    pub fn count(&self) -> usize {
        self.segments.len()
    }
    /// Bytes of all segments with their headers.
    pub fn size(&self) -> usize {
        self.size
    }
    /// Offset of segment number `index` of the layout from the start of the section's payload, and the bytes of its
    /// header; `None` if it takes no bytes.
    pub fn place(&self, layout: &Layout, index: usize) -> Option<(u64, u64)> {
        let mut offset = leb::unsigned_size(self.segments.len() as u64);
        for (at, header) in &self.segments {
            if *at == index {
                return Some((offset as u64, header.len() as u64));
            }
            offset += header.len() + layout.segments[*at].size as usize;
        }
        None
    }
    /// Copies and relocates every segment. Bytes between chunks stay as they are: zero.
    pub fn write(&self, products: Products, relocator: &Relocator, out: &mut [u8]) {
        let layout = products.layout;
        let sizes = |(index, header): &(usize, Vec<u8>)| header.len() + layout.segments[*index].size as usize;
        par::write_disjoint(out, self.segments.iter().map(sizes), |i, out| {
            let (index, header) = &self.segments[i];
            let (head, contents) = out.split_at_mut(header.len());
            head.copy_from_slice(header);
            write_segment(products, relocator, &layout.segments[*index], contents);
        });
    }
}

fn header(products: Products, segment: &OutputSegment) -> Vec<u8> {
    const PASSIVE: u8 = 1;
    let mut out = Vec::new();
    if products.options.shared_memory {
        out.push(PASSIVE);
    } else {
        out.push(0);
        address_expr(products.options, segment.address).encode(&mut out);
    }
    leb::push_unsigned(&mut out, segment.size);
    out
}

fn write_segment(products: Products, relocator: &Relocator, segment: &OutputSegment, out: &mut [u8]) {
    let chunks = &segment.chunks;
    let end_of = |index: usize| chunks.get(index).map_or(segment.size, |&(_, offset)| offset) as usize;
    let tasks = par::balanced_ranges((0..chunks.len()).map(|i| end_of(i + 1) - end_of(i)), TASK_BYTES);
    if tasks.is_empty() {
        return;
    }
    // A first chunk may start behind the start of the segment only if there is padding in front of it.
    let start = end_of(0);
    let sizes = tasks.iter().map(|range| end_of(range.end) - end_of(range.start));
    par::write_disjoint(&mut out[start..], sizes, |task, out| {
        let range = tasks[task].clone();
        let base = end_of(range.start);
        for &(chunk, offset) in &chunks[range] {
            let at = offset as usize - base;
            match chunk {
                Chunk::Strings(strings) => {
                    let strings = &products.layout.strings[strings];
                    strings.write(&mut out[at..at + strings.size as usize]);
                }
                Chunk::Input(index) => {
                    let Some((file, local)) = products.resolution.segments.locate(index) else { continue };
                    let contents = &products.resolution.files[file].contents;
                    let input = &contents.segments[local as usize];
                    let out = &mut out[at..at + input.data.len()];
                    out.copy_from_slice(input.data);
                    let address = segment.address.wrapping_add(offset).wrapping_sub(input.offset as u64);
                    let place = Place { tombstone: 0, address };
                    relocate::apply(relocator, file, contents.segment_relocations(input), input.offset, place, out);
                }
            }
        }
    });
}
