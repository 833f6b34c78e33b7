//! What the scan looks at: pieces of about equal size, each of one object, and what each relocation there asks for.

use super::dynamic::is_relative;
use super::tls::tls_problems;
use crate::index::*;
use crate::liveness::LiveSet;
use crate::object::SymbolKind;
use crate::object::relocations::{Relocation, Relocations, Target};
use crate::options::Options;
use crate::par::{self, Bits};
use crate::resolve::symbol::State;
use crate::resolve::{File, LOCAL, Resolution};
use rayon::prelude::*;
use std::ops::Range;

/// Relocation bytes that one piece holds, about.
const PIECE_WEIGHT: usize = 1 << 16;
/// Symbols that one task looks at, at least.
const SYMBOLS_PER_TASK: usize = 1 << 12;

/// Functions, segments or custom sections of one object.
#[derive(Clone)]
pub(super) struct Piece {
    /// The object.
    pub file: FileIdx,
    things: Things,
}

#[derive(Clone)]
enum Things {
    Functions(Range<usize>),
    Segments(Range<usize>),
    Customs,
}

/// Something that a piece met, by index in its object.
#[derive(Clone, Copy)]
pub(super) enum Found {
    Type(u32),
    Slot(u32),
    Got(u32),
    GotImport(u32),
    /// A fixed address in position-independent code.
    Absolute(Relocation),
    /// An offset from the module's own data or table to something that it lacks.
    RelativeUndefined(Relocation),
    Undefined(u32),
    BadTls(Relocation),
}

/// All of them, in link order.
pub(super) fn pieces(options: &Options, resolution: &Resolution) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (file, content) in resolution.files.iter_enumerated() {
        let contents = &content.contents;
        let bodies = contents.bodies.iter().map(|body| (body.relocations_end - body.relocations) as usize + 8);
        let ranges = par::balanced_ranges(bodies, PIECE_WEIGHT);
        pieces.extend(ranges.into_iter().map(|range| Piece { file, things: Things::Functions(range) }));
        let segments =
            contents.segments.iter().map(|segment| (segment.relocations_end - segment.relocations) as usize + 8);
        let ranges = par::balanced_ranges(segments, PIECE_WEIGHT);
        pieces.extend(ranges.into_iter().map(|range| Piece { file, things: Things::Segments(range) }));
        // Custom sections keep nothing alive; LLD looks into them only when it collects no garbage.
        if !options.gc_sections {
            pieces.push(Piece { file, things: Things::Customs });
        }
    }
    pieces
}

/// What all looks have in common.
pub(super) struct Look<'a, 'i> {
    pub(super) options: &'a Options,
    pub(super) resolution: &'a Resolution<'i>,
    live: &'a LiveSet,
    /// The undefined symbols among the global ones: few, and asked for at every relocation.
    undefined: Bits,
    /// The output is linked dynamically.
    is_dynamic: bool,
}

impl<'a, 'i> Look<'a, 'i> {
    /// At what is live.
    pub fn new(options: &'a Options, resolution: &'a Resolution<'i>, live: &'a LiveSet) -> Self {
        let mut undefined = Bits::new(resolution.symbols.len());
        let symbols = (0..resolution.symbols.len()).into_par_iter().with_min_len(SYMBOLS_PER_TASK);
        let is_undefined = |&symbol: &usize| resolution.symbols[SymbolIdx::new(symbol)].state == State::Undefined;
        let found: Vec<usize> = symbols.filter(is_undefined).collect();
        found.into_iter().for_each(|symbol| _ = undefined.insert(symbol));
        let is_dynamic = resolution.is_dynamic(options) && !options.relocatable;
        Self { options, resolution, live, undefined, is_dynamic }
    }

    /// What the relocations of a piece ask for, in order, most of it once.
    pub fn at(&self, piece: &Piece) -> Vec<Found> {
        let (resolution, file) = (self.resolution, piece.file);
        let content = &resolution.files[file];
        let contents = &content.contents;
        let mut looker =
            Looker { look: self, file, content, targets: &content.targets, seen: Seen::default(), found: Vec::new() };
        match &piece.things {
            Things::Functions(range) => {
                for local in range.clone() {
                    if self.live.function(resolution.functions.get(file, local as u32)) {
                        looker.look_at_all(contents.body_relocations(&contents.bodies.at(local)));
                    }
                }
            }
            Things::Segments(range) => {
                for local in range.clone() {
                    if self.live.segment(resolution.segments.get(file, local as u32)) {
                        looker.look_at_all(contents.segment_relocations(&contents.segments.at(local)));
                    }
                }
            }
            Things::Customs => {
                for custom in &contents.customs {
                    if content.keeps(content.object.section_comdats.get(custom.section as usize)) {
                        looker.look_at_all(custom.relocations);
                    }
                }
            }
        }
        looker.found
    }
}

/// What a piece has already met.
#[derive(Default)]
pub(super) struct Seen {
    types: Bits,
    slots: Bits,
    pub(super) gots: Bits,
}

/// A look at one piece.
pub(super) struct Looker<'l, 'a, 'i> {
    pub(super) look: &'l Look<'a, 'i>,
    pub(super) file: FileIdx,
    pub(super) content: &'a File<'i>,
    targets: &'a [SymbolIdx],
    pub(super) seen: Seen,
    pub(super) found: Vec<Found>,
}

impl Looker<'_, '_, '_> {
    fn look_at_all(&mut self, relocations: Relocations) {
        if self.look.is_dynamic {
            relocations.for_each(|relocation| self.look_at_dynamic(relocation));
        } else {
            relocations.for_each(|relocation| self.look_at(relocation));
        }
    }

    #[inline]
    fn look_at(&mut self, relocation: Relocation) {
        let (target, index) = (relocation.kind.target(), relocation.index);
        match target {
            Target::FunctionIndex | Target::Address | Target::FunctionOffset | Target::SectionOffset => {}
            Target::TypeIndex => return self.look_at_target(relocation),
            _ => self.look_at_target(relocation),
        }
        // Most relocations have a definition; only the rest need the symbol itself.
        match self.targets[index as usize] {
            LOCAL if self.content.object.symbols[index as usize].flags.is_undefined() => {
                self.found.push(Found::Undefined(index));
            }
            LOCAL => {}
            symbol if self.look.undefined.contains(symbol.index()) => {
                if is_relative(target) && !self.look.options.relocatable {
                    self.found.push(Found::RelativeUndefined(relocation));
                }
                if !self.look.resolution.symbols[symbol].flags.is_weak() {
                    self.found.push(Found::Undefined(index));
                }
            }
            _ => {}
        }
    }

    /// Looks at what a relocation needs of a target, whether that is defined or not.
    pub(super) fn look_at_target(&mut self, relocation: Relocation) {
        let (options, resolution, index) = (self.look.options, self.look.resolution, relocation.index);
        match relocation.kind.target() {
            Target::TypeIndex if self.seen.types.insert(index as usize) => self.found.push(Found::Type(index)),
            Target::TableSlot | Target::TableSlotRelative if self.seen.slots.insert(index as usize) => {
                self.found.push(Found::Slot(index));
            }
            Target::GlobalIndex
                if resolution.kind(self.file, index) != SymbolKind::Global && self.seen.gots.insert(index as usize) =>
            {
                self.found.push(Found::Got(index));
            }
            Target::AddressTls if !tls_problems(options, resolution, self.file, index).is_empty() => {
                self.found.push(Found::BadTls(relocation));
            }
            _ => {}
        }
    }
}
