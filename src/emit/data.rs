//! The data section.

use super::sections::{address_expr, based_expr};
use super::{Products, task_bytes};
use crate::index::{FileIdx, InputSegmentIdx};
use crate::layout::{Chunk, OutputSegment};
use crate::leb;
use crate::object::{Contents, Segment};
use crate::par;
use crate::relocate::{self, Place, Relocator, Window, windows};
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
    /// What each task writes, and how many bytes that is.
    tasks: Vec<(Part, usize)>,
}

/// A part of a segment.
#[derive(Debug)]
enum Part {
    /// Chunks.
    Chunks(Range<usize>),
    /// A part of one large chunk.
    Window(usize, Window),
    /// Some of the strings that are one large chunk.
    Strings(usize, Range<usize>),
}

/// A piece of the data section.
#[derive(Clone, Copy, Debug)]
pub enum DataJob {
    /// The header of a segment.
    Header(usize),
    /// A part of a segment: segment, task.
    Part(usize, usize),
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
            segments.push(PlannedSegment { index, header, tasks: parts(products, segment) });
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
            std::iter::once(header).chain(tasks.map(move |(task, &(_, bytes))| (DataJob::Part(i, task), bytes)))
        })
    }
    /// Writes one piece. `out` must be zero: bytes between chunks stay as they are.
    pub fn write(&self, products: Products, relocator: &Relocator, job: DataJob, out: &mut [u8]) {
        match job {
            DataJob::Header(i) => out.copy_from_slice(&self.segments[i].header),
            DataJob::Part(i, task) => {
                let planned = &self.segments[i];
                let segment = &products.layout.segments[planned.index];
                write_part(products, relocator, segment, &planned.tasks[task].0, out);
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

/// The parts that cover a segment, in order, with their sizes. A part has the bytes behind it, up to the next chunk, too.
fn parts(products: Products, segment: &OutputSegment) -> Vec<(Part, usize)> {
    let weight = task_bytes(segment.size as usize);
    let bytes =
        |chunks: &Range<usize>| (chunk_start(segment, chunks.end) - chunk_start(segment, chunks.start)) as usize;
    let mut parts = Vec::new();
    for range in par::balanced_ranges((0..segment.chunks.len()).map(|i| bytes(&(i..i + 1))), weight) {
        // A range ends with the first chunk that fills it.
        let last = range.end - 1..range.end;
        if bytes(&last) < 2 * weight {
            parts.push((Part::Chunks(range.clone()), bytes(&range)));
            continue;
        }
        if range.len() > 1 {
            let others = range.start..last.start;
            parts.push((Part::Chunks(others.clone()), bytes(&others)));
        }
        parts.extend(parts_of_chunk(products, segment, last.start, weight, bytes(&last)));
    }
    parts
}

/// The parts of one large chunk, to which so many `bytes` belong.
fn parts_of_chunk(
    products: Products,
    segment: &OutputSegment,
    index: usize,
    weight: usize,
    bytes: usize,
) -> Vec<(Part, usize)> {
    let (chunk, offset) = segment.chunks[index];
    let mut parts: Vec<(Part, usize)> = match chunk {
        _ if offset != chunk_start(segment, index) => Vec::new(),
        Chunk::Strings(strings) => {
            let ranges = products.layout.strings[strings as usize].ranges(weight);
            ranges.into_iter().map(|(range, bytes)| (Part::Strings(index, range), bytes)).collect()
        }
        Chunk::Input(input) => match input_segment(products, input) {
            Some((_, contents, input)) => {
                let windows = windows(input.data.len(), contents.segment_relocations(&input), input.offset, weight);
                let sized = |window: Window| {
                    let bytes = window.bytes.len();
                    (Part::Window(index, window), bytes)
                };
                windows.into_iter().map(sized).collect()
            }
            None => Vec::new(),
        },
    };
    let covered: usize = parts.iter().map(|&(_, bytes)| bytes).sum();
    match parts.last_mut() {
        Some((_, last)) => *last += bytes - covered,
        None => parts.push((Part::Chunks(index..index + 1), bytes)),
    }
    parts
}

fn write_part(products: Products, relocator: &Relocator, segment: &OutputSegment, part: &Part, out: &mut [u8]) {
    let (range, window) = match part {
        Part::Chunks(range) => (range.clone(), None),
        Part::Window(index, window) => (*index..index + 1, Some(window)),
        Part::Strings(index, range) => {
            if let Chunk::Strings(strings) = segment.chunks[*index].0 {
                products.layout.strings[strings as usize].write(range.clone(), out);
            }
            return;
        }
    };
    let base = chunk_start(segment, range.start);
    for &(chunk, offset) in &segment.chunks[range] {
        let at = (offset - base) as usize;
        match chunk {
            Chunk::Strings(strings) => {
                let strings = &products.layout.strings[strings as usize];
                strings.write(strings.all(), &mut out[at..at + strings.size as usize]);
            }
            Chunk::Input(index) => {
                let Some((file, contents, input)) = input_segment(products, index) else { continue };
                let mut relocations = contents.segment_relocations(&input);
                let mut bytes = 0..input.data.len();
                if let Some(window) = window {
                    (bytes, relocations) = (window.bytes.clone(), relocations.part(&window.relocations));
                }
                let out = &mut out[at..at + bytes.len()];
                out.copy_from_slice(&input.data[bytes.clone()]);
                let address = segment.address.wrapping_add(offset).wrapping_sub(input.offset as u64);
                let place = Place { tombstone: 0, address };
                relocate::apply(relocator, file, relocations, input.offset + bytes.start as u32, place, out);
            }
        }
    }
}

/// An input segment, and where it is.
fn input_segment<'a, 'i>(
    products: Products<'a, 'i>,
    index: InputSegmentIdx,
) -> Option<(FileIdx, &'a Contents<'i>, Segment<'i>)> {
    let (file, local) = products.resolution.segments.locate(index)?;
    let contents = &products.resolution.files[file].contents;
    Some((file, contents, contents.segments.at(local as usize)))
}
