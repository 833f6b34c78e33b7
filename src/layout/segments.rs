//! Which input segments make up which output segment, in which order.

use super::strings::merge_strings;
use super::{Layout, NONE};
use crate::diagnostic::{Diagnostics, Failed};
use crate::index::*;
use crate::liveness::LiveSet;
use crate::object::linking::{NO_COMDAT, SEGMENT_STRINGS, SEGMENT_TLS};
use crate::object::{Object, Segment, SymbolFlags, SymbolKind};
use crate::options::Options;
use crate::resolve::symbol::{State, bits};
use crate::resolve::{Definition, Resolution, exported_names};
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// A run of bytes of an output segment.
#[derive(Clone, Copy, Debug)]
pub enum Chunk {
    /// An input segment.
    Input(InputSegmentIdx),
    /// Merged strings: index into `Layout::strings`.
    Strings(usize),
}

/// A data segment of the output.
#[derive(Clone, Debug)]
pub struct OutputSegment<'i> {
    /// Its name: `.rodata`, `.data`, ...
    pub name: &'i str,
    /// What it is made of, each with its offset in the segment.
    pub chunks: Vec<(Chunk, u64)>,
    /// Alignment as a power of two.
    pub alignment: u32,
    /// Bytes.
    pub size: u64,
    /// First address.
    pub address: u64,
    /// All zero: needs no bytes in the output.
    pub is_bss: bool,
    /// Thread-local.
    pub is_tls: bool,
}

/// Where an input segment went.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Output segment, or NONE.
    pub output: u32,
    /// Index into `Layout::strings`, if its strings were merged, else NONE.
    pub strings: u32,
    /// Offset in the output segment; which input of the merged strings it is.
    pub offset: u64,
}

/// The order of output segments: thread-local, read-only, initialised, other, zero.
fn class(name: &str) -> u8 {
    const PREFIXES: [(&str, u8); 4] = [(".tdata", 0), (".rodata", 1), (".data", 2), (".bss", 4)];
    PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix)).map_or(3, |&(_, class)| class)
}

/// The output segment that an input segment goes into.
pub(super) fn output_name<'i>(options: &Options, segment: &Segment<'i>) -> &'i str {
    if segment.flags & SEGMENT_TLS != 0 {
        return ".tdata";
    }
    if options.merge_data_segments {
        for prefix in [".text.", ".data.", ".bss.", ".rodata."] {
            if segment.name.starts_with(prefix) {
                return &segment.name[..prefix.len() - 1];
            }
        }
    }
    segment.name
}

fn mergeable(options: &Options, segment: &Segment) -> bool {
    options.optimize > 0 && segment.flags & SEGMENT_STRINGS != 0 && segment.alignment == 0 && !segment.data.is_empty()
}

/// Strings of one output segment that may share bytes.
struct Mergeable<'i> {
    flags: u32,
    /// Where among the segment's chunks they go.
    chunk: usize,
    inputs: Vec<(InputSegmentIdx, &'i [u8])>,
}

impl<'i> Layout<'i> {
    /// Collects live input segments into output segments and merges strings.
    pub(super) fn make_segments(
        &mut self,
        options: &Options,
        resolution: &Resolution<'i>,
        live: &LiveSet,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), Failed> {
        let nowhere = Place { output: NONE, strings: NONE, offset: 0 };
        self.places = IndexVec::filled(nowhere, resolution.segments.total());
        let mut groups: Vec<(&'i str, Vec<(InputSegmentIdx, Segment<'i>)>)> = Vec::new();
        let mut group_of: HashMap<&str, usize> = HashMap::new();
        for (file, content) in resolution.files.iter_enumerated() {
            for (local, segment) in content.contents.segments.iter().enumerate() {
                let index = resolution.segments.get(file, local as u32);
                if live.segment(index) {
                    let name = output_name(options, segment);
                    let comdat = content.object.segment_comdats.get(local).copied().unwrap_or(NO_COMDAT);
                    // The next linker may drop a comdat segment: `-r` keeps each for itself.
                    if options.relocatable && comdat != NO_COMDAT {
                        groups.push((name, vec![(index, *segment)]));
                        continue;
                    }
                    let group = *group_of.entry(name).or_insert_with(|| {
                        groups.push((name, Vec::new()));
                        groups.len() - 1
                    });
                    groups[group].1.push((index, *segment));
                }
            }
        }
        // A sort by key, stable so that names of one class stay in the order in which they were first met.
        groups.par_sort_by_key(|(name, _)| class(name));
        for (name, members) in groups {
            self.make_segment(options, resolution, name, members, diagnostics);
        }
        diagnostics.checkpoint()
    }

    fn make_segment(
        &mut self,
        options: &Options,
        resolution: &Resolution<'i>,
        name: &'i str,
        members: Vec<(InputSegmentIdx, Segment<'i>)>,
        diagnostics: &mut Diagnostics,
    ) {
        let output = self.segments.len() as u32;
        // Strings are merged per set of flags, at the place of the first segment that has them.
        let mut merged: Vec<Mergeable<'i>> = Vec::new();
        let mut chunks = Vec::new();
        let mut alignment = 0;
        for (index, segment) in &members {
            alignment = alignment.max(segment.alignment);
            if !mergeable(options, segment) {
                chunks.push((Chunk::Input(*index), segment.alignment, segment.data.len() as u64));
                continue;
            }
            if segment.data.last() != Some(&0) {
                let file = resolution.segments.locate(*index).map(|(file, _)| &resolution.files[file].object.name);
                let file = file.map_or("", String::as_str);
                let message = format!("{file}:({}): string is not null terminated", segment.name);
                diagnostics.error(crate::diagnostic::Kind::Malformed, message);
                continue;
            }
            match merged.iter_mut().find(|mergeable| mergeable.flags == segment.flags) {
                Some(mergeable) => mergeable.inputs.push((*index, segment.data)),
                None => {
                    let inputs = vec![(*index, segment.data)];
                    merged.push(Mergeable { flags: segment.flags, chunk: chunks.len(), inputs });
                    chunks.push((Chunk::Strings(0), 0, 0));
                }
            }
        }
        for Mergeable { chunk, inputs, .. } in merged {
            let strings = self.strings.len();
            for (i, &(index, _)) in inputs.iter().enumerate() {
                self.places[index] = Place { output, strings: strings as u32, offset: i as u64 };
            }
            let contents: Vec<&[u8]> = inputs.iter().map(|&(_, data)| data).collect();
            let merged = merge_strings(&contents);
            chunks[chunk] = (Chunk::Strings(strings), 0, merged.size);
            self.strings.push(merged);
        }
        let mut size = 0u64;
        let mut placed = Vec::with_capacity(chunks.len());
        for (chunk, alignment, bytes) in chunks {
            size = align(size, alignment);
            if size.saturating_add(bytes) > u32::MAX as u64 {
                report_too_large(resolution, name, &members, diagnostics);
                return;
            }
            match chunk {
                Chunk::Input(index) => self.places[index] = Place { output, strings: NONE, offset: size },
                Chunk::Strings(strings) => self.strings[strings].offset = size,
            }
            placed.push((chunk, size));
            size += bytes;
        }
        self.segments.push(OutputSegment {
            name,
            chunks: placed,
            alignment,
            size,
            address: 0,
            is_bss: name.starts_with(".bss") && !options.relocatable,
            is_tls: name == ".tdata",
        });
    }
}

/// No section, hence no segment, holds more than 4 GiB. What asks for that is an alignment: the input has fewer bytes.
fn report_too_large(
    resolution: &Resolution,
    name: &str,
    members: &[(InputSegmentIdx, Segment)],
    diagnostics: &mut Diagnostics,
) {
    let largest = members.iter().max_by_key(|(_, segment)| segment.alignment);
    let Some((file, segment)) =
        largest.and_then(|(index, segment)| Some((resolution.segments.locate(*index)?.0, segment)))
    else {
        return;
    };
    let file = &resolution.files[file].object.name;
    let message = format!("{file}: output data segment {name} is too large: it cannot have 4 GiB or more");
    let note = format!("{} asks for an alignment of 2^{} bytes", segment.name, segment.alignment);
    diagnostics.push(crate::diagnostic::Diagnostic::error(crate::diagnostic::Kind::Layout, message).note(note));
}

/// `value` rounded up to a multiple of 2^`alignment`.
pub(super) fn align(value: u64, alignment: u32) -> u64 {
    let mask = 1u64.checked_shl(alignment).map_or(u64::MAX, |size| size - 1);
    value.checked_add(mask).map_or(u64::MAX, |sum| sum & !mask)
}

/// Defines `__start_X` and `__stop_X` for segments whose name is a C identifier, where they are wanted.
pub(super) fn define_start_stop<'i>(
    options: &Options,
    segments: &[OutputSegment<'i>],
    resolution: &mut Resolution<'i>,
) {
    let exported = exported_names(options);
    let segments = if options.relocatable { &[] } else { segments };
    for segment in segments.iter().filter(|segment| is_c_identifier(segment.name)) {
        for (prefix, address) in [("__start_", segment.address), ("__stop_", segment.address + segment.size)] {
            let name = format!("{prefix}{}", segment.name);
            let symbol = match resolution.find(&name) {
                Some(symbol) if !resolution.symbols[symbol].is_defined() => symbol,
                None if options.export_all || exported.contains(&name.as_str()) => {
                    match resolution.names.interned(&name) {
                        Some(name) => resolution.add_symbol(name),
                        None => continue,
                    }
                }
                _ => continue,
            };
            resolution.definitions[symbol] = Definition::Absolute(address);
            let entry = &mut resolution.symbols[symbol];
            (entry.state, entry.kind) = (State::Defined, SymbolKind::Data);
            entry.flags = SymbolFlags(SymbolFlags::HIDDEN | SymbolFlags::ABSOLUTE);
            entry.bits |= bits::ALWAYS_LIVE;
        }
    }
    for name in exported {
        if let Some(symbol) = resolution.find(name).filter(|&symbol| resolution.symbols[symbol].is_defined()) {
            resolution.symbols[symbol].bits |= bits::FORCE_EXPORT;
        }
    }
}

/// Names that `--export-all` may define: the bounds of every segment whose name is a C identifier.
pub fn bound_names(options: &Options, objects: &IndexVec<MemberIdx, Option<Object>>) -> Vec<String> {
    if !options.export_all {
        return Vec::new();
    }
    let segments = objects.iter().flatten().flat_map(|object| &object.segment_info);
    let names: BTreeSet<&str> = segments.map(|info| info.name).filter(|name| is_c_identifier(name)).collect();
    names.iter().flat_map(|name| [format!("__start_{name}"), format!("__stop_{name}")]).collect()
}

fn is_c_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first == b'_' || first.is_ascii_alphabetic())
        && bytes.all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}
