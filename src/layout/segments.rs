//! Which input segments make up which output segment, in which order.

use super::members::{self, Group, Groups, Member};
use super::merging::{self, Mergeables};
use super::placing;
use super::references::{References, Use};
use super::segment_order::{self, Item};
use super::strings::MergedStrings;
use super::{Layout, NONE};
use crate::diagnostic::{Diagnostics, Failed};
use crate::index::*;
use crate::liveness::LiveSet;
use crate::object::{Objects, SymbolFlags, SymbolKind};
use crate::options::Options;
use crate::resolve::symbol::{State, bits};
use crate::resolve::{Definition, Resolution, exported_names};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// A run of bytes of an output segment.
#[derive(Clone, Copy, Debug)]
pub enum Chunk {
    /// An input segment.
    Input(InputSegmentIdx),
    /// Merged strings: index into `Layout::strings`.
    Strings(u32),
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
    /// Offset in the output segment, which has less than 4 GiB; or which input of the merged strings it is.
    pub offset: u32,
}

/// The order of output segments: thread-local, read-only, initialised, other, zero.
fn class(name: &str) -> u8 {
    const PREFIXES: [(&str, u8); 4] = [(".tdata", 0), (".rodata", 1), (".data", 2), (".bss", 4)];
    PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix)).map_or(OTHER, |&(_, class)| class)
}

/// The class of segments with names of their own. Programs may walk through such a segment, from `__start_X` to
/// `__stop_X` or between members that they put first and last, so it keeps the order of the inputs.
const OTHER: u8 = 3;

impl<'i> Layout<'i> {
    /// Collects live input segments into output segments and merges strings; in the compact order if there are
    /// references for it.
    pub(super) fn make_segments(
        &mut self,
        options: &Options,
        resolution: &Resolution<'i>,
        live: &LiveSet,
        compact: Option<&References>,
        diagnostics: &mut Diagnostics,
    ) -> Result<(), Failed> {
        let nowhere = Place { output: NONE, strings: NONE, offset: 0 };
        self.places = IndexVec::filled(nowhere, resolution.segments.total());
        let Groups { mut groups, uses_tls } = members::collect(options, resolution, live);
        self.uses_tls = uses_tls;
        // A sort by key, stable so that names of one class stay in the order in which they were first met.
        groups.par_sort_by_key(|group| class(group.name));
        let compact = compact.map(|references| Compact::new(resolution, references));
        if let Some(compact) = &compact {
            compact.sort_groups(&mut groups);
        }
        for group in groups {
            self.make_segment(options, resolution, group, compact.as_ref(), diagnostics);
        }
        diagnostics.checkpoint()
    }

    fn make_segment(
        &mut self,
        options: &Options,
        resolution: &Resolution<'i>,
        Group { name, mut runs }: Group<'i>,
        compact: Option<&Compact>,
        diagnostics: &mut Diagnostics,
    ) {
        let output = self.segments.len() as u32;
        let (mut merged, strings) = merging::merge(resolution, &runs, self.strings.len(), diagnostics);
        self.strings.extend(strings);
        placing::place_merged(&mut self.places, output, resolution, &runs, &merged);
        if let Some(compact) = compact.filter(|_| class(name) != OTHER) {
            let mut members = runs.concat();
            let keys = compact.sort_members(&mut members, &mut merged, &self.strings);
            self.orders.segments.push(keys);
            runs = vec![members];
        }
        let Some(extents) = placing::measure(&runs, &merged, &mut self.strings) else {
            report_too_large(resolution, name, &runs, diagnostics);
            return;
        };
        self.segments.push(OutputSegment {
            name,
            chunks: placing::place(&mut self.places, output, &runs, &merged, &self.strings, &extents),
            alignment: extents.alignment,
            size: extents.size,
            address: 0,
            is_bss: name.starts_with(".bss") && !options.relocatable,
            is_tls: name == ".tdata",
        });
    }
}

/// The compact order of what goes into memory.
struct Compact<'a, 'i> {
    resolution: &'a Resolution<'i>,
    /// How often code names each input segment.
    references: Vec<u32>,
}

impl<'a, 'i> Compact<'a, 'i> {
    fn new(resolution: &'a Resolution<'i>, references: &References) -> Self {
        let place = |file, symbol| match resolution.definition(file, symbol) {
            Definition::Data { segment, .. } => Some(segment.index()),
            _ => None,
        };
        Self { resolution, references: references.sum(Use::Own, resolution.segments.total(), place) }
    }

    fn references(&self, member: &Member) -> u32 {
        self.references[member.index.index()]
    }

    /// Orders output segments. Their classes stay in wasm-ld's order, and those with names of their own as they are.
    fn sort_groups(&self, groups: &mut Vec<Group<'i>>) {
        let item = |Group { name, runs }: &Group<'i>| {
            let category = class(name);
            if category == OTHER {
                return Item { category, name: "", alignment: 0, references: 0 };
            }
            let alignments = runs.iter().flatten().map(|member| member.alignment as u32);
            let references = runs.iter().flatten().map(|member| self.references(member));
            let sum = references.fold(0u32, |sum, count| sum.saturating_add(count));
            Item { category, name, alignment: alignments.max().unwrap_or(0), references: sum }
        };
        let items: Vec<Item> = groups.iter().map(item).collect();
        *groups = segment_order::order(&items).into_iter().map(|i| std::mem::take(&mut groups[i as usize])).collect();
    }

    /// Orders the members of one output segment. Merged strings count as often as one of them does on average. Returns
    /// the keys and members.
    fn sort_members(
        &self,
        members: &mut Vec<Member>,
        merged: &mut Mergeables,
        strings: &[MergedStrings],
    ) -> Vec<(u128, Option<InputSegmentIdx>)> {
        let mut means = vec![0u64; merged.len()];
        for member in &*members {
            if let Some(set) = merged.set_of(member, self.resolution) {
                means[set] += self.references(member) as u64;
            }
        }
        for (set, mean) in means.iter_mut().enumerate() {
            *mean = mean.div_ceil(strings[merged.strings(set) as usize].len().max(1) as u64);
        }
        let item = |member: &Member| {
            let mean = merged.set_of(member, self.resolution).map(|set| u32::try_from(means[set]).unwrap_or(u32::MAX));
            let references = mean.unwrap_or_else(|| self.references(member));
            Item { category: 0, name: member.name(self.resolution), alignment: member.alignment as u32, references }
        };
        let items: Vec<Item> = members.par_iter().map(item).collect();
        let keys = segment_order::keys(&items);
        let old = std::mem::take(members);
        *members = keys.iter().map(|&key| old[segment_order::position(key) as usize]).collect();
        merged.reorder(members, self.resolution);
        // Strings that are merged have no references of their own.
        let index = |member: &Member| (!member.merges).then_some(member.index);
        keys.into_iter().zip(members.iter().map(index)).collect()
    }
}

/// No section, hence no segment, holds more than 4 GiB. What asks for that is an alignment: the input has fewer bytes.
fn report_too_large(resolution: &Resolution, name: &str, runs: &[Vec<Member>], diagnostics: &mut Diagnostics) {
    let Some(largest) = runs.iter().flatten().max_by_key(|member| member.alignment) else { return };
    let (segment, file) = (largest.name(resolution), largest.object_name(resolution));
    let message = format!("{file}: output data segment {name} is too large: it cannot have 4 GiB or more");
    let note = format!("{} asks for an alignment of 2^{} bytes", segment, largest.alignment);
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
                Some(symbol) if !resolution.symbols[symbol].is_found() => symbol,
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
pub fn bound_names(options: &Options, objects: &Objects) -> Vec<String> {
    if !options.export_all {
        return Vec::new();
    }
    let segments =
        objects.iter().flatten().flat_map(|object| object.segment_info.iter().map(|info| object.text(info.name)));
    let names: BTreeSet<&str> = segments.filter(|name| is_c_identifier(name)).collect();
    names.iter().flat_map(|name| [format!("__start_{name}"), format!("__stop_{name}")]).collect()
}

fn is_c_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first == b'_' || first.is_ascii_alphabetic())
        && bytes.all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}
