//! The data section.

use super::sections::{address_expr, based_expr};
use super::{Products, task_bytes};
use crate::layout::{Chunk, OutputSegment};
use crate::leb;
use crate::par;
use crate::relocate::{self, Place, Relocator};
use std::ops::Range;
use wasm_encoder::Encode;

/// Where each segment lies.
pub struct DataPlan {
    segments: Vec<PlannedSegment>,
    size: usize,
}

struct PlannedSegment {
    /// Index into `Layout::segments`.
    index: usize,
    /// Flags, address and size, encoded.
    header: Vec<u8>,
    /// Which chunks each task writes, and how many bytes that is.
    tasks: Vec<(Range<usize>, usize)>,
}

/// A piece of the data section.
#[derive(Clone, Copy, Debug)]
pub enum DataJob {
    /// The header of a segment.
    Header(usize),
    /// Chunks of a segment: segment, task.
    Chunks(usize, usize),
}

impl DataPlan {
    /// Makes the headers of all segments that take bytes, and cuts their contents into tasks.
    pub fn new(products: Products) -> Self {
        let layout = products.layout;
        let mut segments = Vec::new();
        let mut size = 0;
        for (index, segment) in layout.segments.iter().enumerate().filter(|(_, segment)| layout.in_binary(segment)) {
            let header = header(products, segment);
            size += header.len() + segment.size as usize;
            let bytes = |i: usize| (chunk_start(segment, i + 1) - chunk_start(segment, i)) as usize;
            let ranges = par::balanced_ranges((0..segment.chunks.len()).map(bytes), task_bytes(segment.size as usize));
            let sized = |range: Range<usize>| {
                let bytes = chunk_start(segment, range.end) - chunk_start(segment, range.start);
                (range, bytes as usize)
            };
            segments.push(PlannedSegment { index, header, tasks: ranges.into_iter().map(sized).collect() });
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
    /// Index into `Layout::segments` of each segment, and where its contents begin in the section's payload.
    pub fn payload_offsets(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let mut end = leb::unsigned_size(self.segments.len() as u64);
        self.segments.iter().map(move |segment| {
            let start = end + segment.header.len();
            end = start + segment.tasks.iter().map(|&(_, bytes)| bytes).sum::<usize>();
            (segment.index, start as u64)
        })
    }
    /// Offset of segment number `index` of the layout from the start of the section's payload, and the bytes of its
    /// header; `None` if it takes no bytes.
    pub fn place(&self, index: usize) -> Option<(u64, u64)> {
        let mut places = self.payload_offsets().zip(&self.segments);
        let ((_, contents), segment) = places.find(|((at, _), _)| *at == index)?;
        let header = segment.header.len() as u64;
        Some((contents - header, header))
    }
    /// The pieces that cover the section, in order, with their sizes.
    pub fn jobs(&self) -> impl Iterator<Item = (DataJob, usize)> + '_ {
        self.segments.iter().enumerate().flat_map(|(i, segment)| {
            let tasks = segment.tasks.iter().enumerate();
            let header = (DataJob::Header(i), segment.header.len());
            std::iter::once(header).chain(tasks.map(move |(task, &(_, bytes))| (DataJob::Chunks(i, task), bytes)))
        })
    }
    /// Writes one piece. `out` must be zero: bytes between chunks stay as they are.
    pub fn write(&self, products: Products, relocator: &Relocator, job: DataJob, out: &mut [u8]) {
        match job {
            DataJob::Header(i) => out.copy_from_slice(&self.segments[i].header),
            DataJob::Chunks(i, task) => {
                let planned = &self.segments[i];
                let segment = &products.layout.segments[planned.index];
                write_chunks(products, relocator, segment, planned.tasks[task].0.clone(), out);
            }
        }
    }
}

/// Offset of chunk `index` in its segment; what is in front of the first chunk belongs to it.
fn chunk_start(segment: &OutputSegment, index: usize) -> u64 {
    if index == 0 { 0 } else { segment.chunks.get(index).map_or(segment.size, |&(_, offset)| offset) }
}

fn header(products: Products, segment: &OutputSegment) -> Vec<u8> {
    const PASSIVE: u8 = 1;
    let mut out = Vec::new();
    if products.options.shared_memory {
        out.push(PASSIVE);
    } else {
        out.push(0);
        let address = match products.options.is_pic() {
            true => based_expr(&products, products.resolution.known.memory_base, segment.address),
            false => address_expr(products.options, segment.address),
        };
        address.encode(&mut out);
    }
    leb::push_unsigned(&mut out, segment.size);
    out
}

fn write_chunks(
    products: Products,
    relocator: &Relocator,
    segment: &OutputSegment,
    range: Range<usize>,
    out: &mut [u8],
) {
    let base = chunk_start(segment, range.start);
    for &(chunk, offset) in &segment.chunks[range] {
        let at = (offset - base) as usize;
        match chunk {
            Chunk::Strings(strings) => {
                let strings = &products.layout.strings[strings as usize];
                strings.write(strings.all(), &mut out[at..at + strings.size as usize]);
            }
            Chunk::Input(index) => {
                let Some((file, local)) = products.resolution.segments.locate(index) else { continue };
                let contents = &products.resolution.files[file].contents;
                let input = contents.segments.at(local as usize);
                let out = &mut out[at..at + input.data.len()];
                out.copy_from_slice(input.data);
                let address = segment.address.wrapping_add(offset).wrapping_sub(input.offset as u64);
                let place = Place { tombstone: 0, address };
                relocate::apply(relocator, file, contents.segment_relocations(&input), input.offset, place, out);
            }
        }
    }
}
