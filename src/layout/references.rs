//! How often live code refers to what: the compact orders put what is named most often where its numbers are shortest.
//!
//! Only code counts: what data holds are fields of a fixed width, whatever their value.

use crate::index::*;
use crate::liveness::LiveSet;
use crate::object::relocations::Target;
use crate::par;
use crate::resolve::Resolution;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

/// Bytes of relocations that one task counts, about.
const PIECE_WEIGHT: usize = 1 << 20;

/// What of a symbol a place in code holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// The index of a function, the address of data.
    Own,
    /// The table slot of a function.
    Slot,
    /// The index of a global: the symbol itself, or the one that holds its address.
    Global,
}

/// The counts of one piece of an object's code.
struct Piece {
    file: FileIdx,
    /// The symbols that it names, ascending, with one count for each [`Use`].
    symbols: Vec<(u32, [u32; 3])>,
    /// The types of the object that it names, ascending.
    types: Vec<(u32, u32)>,
}

/// References from live code, by symbol. What a symbol stands for is looked up when counts are summed, as layout still
/// changes that.
pub(super) struct References {
    pieces: Vec<Piece>,
}

/// What the code of function `local` of `file` names: the kind of number, and a symbol (a type of the object, for
/// [`Target::TypeIndex`]). The one place that knows how a body says so.
fn code_references(resolution: &Resolution, file: FileIdx, local: u32) -> impl Iterator<Item = (Target, u32)> {
    let contents = &resolution.files[file].contents;
    let relocations = contents.body_relocations(&contents.bodies.at(local as usize));
    relocations.map(|relocation| (relocation.kind.target(), relocation.index))
}

impl References {
    /// Counts, in parallel over pieces of code.
    pub(super) fn count(resolution: &Resolution, live: &LiveSet) -> Self {
        let mut pieces = Vec::new();
        for (file, content) in resolution.files.iter_enumerated() {
            let bodies = content.contents.bodies.iter();
            let weights = bodies.map(|body| (body.relocations_end - body.relocations) as usize + 8);
            pieces.extend(par::balanced_ranges(weights, PIECE_WEIGHT).into_iter().map(|range| (file, range)));
        }
        let count = |i: usize| {
            let (file, range) = &pieces[i];
            Piece::count(resolution, live, *file, range.clone())
        };
        Self { pieces: par::map(pieces.len(), count) }
    }

    /// Sums the counts of one use at `len` places; `place` says where those of a symbol belong, if anywhere.
    pub(super) fn sum(
        &self,
        used: Use,
        len: usize,
        place: impl Fn(FileIdx, u32) -> Option<usize> + Send + Sync,
    ) -> Vec<u32> {
        let sums = Sums::new(len);
        self.pieces.par_iter().for_each(|piece| {
            for &(symbol, counts) in piece.symbols.iter().filter(|(_, counts)| counts[used as usize] > 0) {
                if let Some(at) = place(piece.file, symbol) {
                    sums.add(at, counts[used as usize]);
                }
            }
        });
        sums.finish()
    }

    /// Sums how often types are named at `len` places; `place` says where a type of an object belongs.
    pub(super) fn sum_types(
        &self,
        len: usize,
        place: impl Fn(FileIdx, u32) -> Option<usize> + Send + Sync,
    ) -> Vec<u32> {
        let sums = Sums::new(len);
        self.pieces.par_iter().for_each(|piece| {
            for &(ty, count) in &piece.types {
                if let Some(at) = place(piece.file, ty) {
                    sums.add(at, count);
                }
            }
        });
        sums.finish()
    }
}

impl Piece {
    fn count(resolution: &Resolution, live: &LiveSet, file: FileIdx, range: Range<usize>) -> Self {
        let content = &resolution.files[file];
        let mut symbols = vec![[0u32; 3]; content.object.symbols.len()];
        let mut types = vec![0u32; resolution.names.types[content.member].len()];
        for local in range {
            let local = local as u32;
            if !live.function(resolution.functions.get(file, local)) {
                continue;
            }
            for (target, index) in code_references(resolution, file, local) {
                let used = match target {
                    Target::TypeIndex => {
                        types[index as usize] += 1;
                        continue;
                    }
                    Target::TableSlot | Target::TableSlotRelative => Use::Slot,
                    Target::GlobalIndex => Use::Global,
                    _ => Use::Own,
                };
                symbols[index as usize][used as usize] += 1;
            }
        }
        let symbols = symbols.into_iter().enumerate().filter(|(_, counts)| *counts != [0; 3]);
        let types = types.into_iter().enumerate().filter(|&(_, count)| count > 0);
        Self {
            file,
            symbols: symbols.map(|(symbol, counts)| (symbol as u32, counts)).collect(),
            types: types.map(|(ty, count)| (ty as u32, count)).collect(),
        }
    }
}

/// Sums that many threads add to. Additions commute, so the results are the same in any order.
struct Sums(Vec<AtomicU32>);

impl Sums {
    fn new(len: usize) -> Self {
        Self((0..len).map(|_| AtomicU32::new(0)).collect())
    }
    fn add(&self, at: usize, count: u32) {
        self.0[at].fetch_add(count, Ordering::Relaxed);
    }
    fn finish(self) -> Vec<u32> {
        self.0.into_iter().map(AtomicU32::into_inner).collect()
    }
}
