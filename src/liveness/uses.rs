//! Where types and table slots are used first, noted while marking: layout numbers both in that order, and need not walk
//! over all relocations again to find it.

use crate::index::*;
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// Where a relocation lies in the order of a serial walk: by object, code in front of data, then as in the object.
#[derive(Clone, Copy)]
pub(super) struct Place(u32);

impl Place {
    /// The next one. An entry has more than one byte: it still comes before those that begin behind it.
    #[inline]
    pub fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// No place.
const NEVER: u32 = u32::MAX;

/// The first use of each type, and of each function's table slot.
#[derive(Debug)]
pub struct FirstUses {
    /// Where the places of each object's code and data begin.
    starts: Vec<[u32; 2]>,
    types: Vec<AtomicU32>,
    slots: Vec<AtomicU32>,
    undefined: Mutex<Vec<SymbolIdx>>,
    others: AtomicBool,
}

impl FirstUses {
    /// No use yet of `types` types and `functions` functions in objects whose relocations of code and data have as many
    /// bytes as `sizes` says.
    pub(super) fn new(sizes: impl Iterator<Item = [usize; 2]>, types: usize, functions: usize) -> Self {
        let mut end = 0u64;
        let mut start = |size: usize| {
            let start = end;
            // The place behind the last entry is the object's, too.
            end += size as u64 + 1;
            start as u32
        };
        let starts = sizes.map(|sizes| sizes.map(&mut start)).collect();
        let never = |len| (0..len).map(|_| AtomicU32::new(NEVER)).collect();
        Self {
            starts,
            types: never(types),
            slots: never(functions),
            undefined: Mutex::default(),
            // Places do not fit: then they are in no order.
            others: AtomicBool::new(end >= NEVER as u64),
        }
    }
    /// The place of the first of the relocations that begin at `start` in the bytes of `file`'s relocations of code, or
    /// else of data.
    #[inline]
    pub(super) fn place(&self, file: FileIdx, is_data: bool, start: u32) -> Place {
        Place(self.starts[file.index()][usize::from(is_data)].wrapping_add(start))
    }
    /// A relocation at `place` names a type.
    #[inline]
    pub(super) fn add_type(&self, signature: SignatureIdx, place: Place) {
        note(&self.types[signature.index()], place);
    }
    /// A relocation at `place` asks for a table slot.
    #[inline]
    pub(super) fn add_slot(&self, function: InputFunctionIdx, place: Place) {
        note(&self.slots[function.index()], place);
    }
    /// Whether a relocation in front of `place` is known to ask for a table slot.
    #[inline]
    pub(super) fn has_slot_before(&self, function: InputFunctionIdx, place: Place) -> bool {
        self.slots[function.index()].load(Ordering::Relaxed) < place.0
    }
    /// Something refers to a global symbol that is undefined.
    #[cold]
    pub(super) fn add_undefined(&self, symbol: SymbolIdx) {
        self.undefined.lock().unwrap_or_else(PoisonError::into_inner).push(symbol);
    }
    /// A relocation asks for something else that layout has to make, or to complain about.
    pub(super) fn add_other(&self) {
        self.others.store(true, Ordering::Relaxed);
    }
    /// Whether types and slots are all that layout has to make.
    pub fn are_all(&self) -> bool {
        !self.others.load(Ordering::Relaxed)
    }
    /// The types, and the functions that need table slots, each in order of first use.
    pub fn orders(self) -> UseOrders {
        UseOrders {
            types: in_order(&self.types).map(SignatureIdx::new).collect(),
            slots: in_order(&self.slots).map(InputFunctionIdx::new).collect(),
            undefined: self.undefined.into_inner().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// What is numbered in order of first use.
#[derive(Debug)]
pub struct UseOrders {
    /// Types that relocations name.
    pub types: Vec<SignatureIdx>,
    /// Functions that need table slots.
    pub slots: Vec<InputFunctionIdx>,
    /// The undefined symbols that are in use, in no order.
    pub undefined: Vec<SymbolIdx>,
}

#[inline]
fn note(first: &AtomicU32, place: Place) {
    // Most uses are not the first: a plain load keeps the cache line shared.
    if place.0 < first.load(Ordering::Relaxed) {
        first.fetch_min(place.0, Ordering::Relaxed);
    }
}

fn in_order(first: &[AtomicU32]) -> impl ExactSizeIterator<Item = usize> + use<> {
    let is_used = |place: &AtomicU32| place.load(Ordering::Relaxed) != NEVER;
    let mut used = Vec::with_capacity(first.iter().filter(|place| is_used(place)).count());
    let places = first.iter().enumerate().filter(|(_, place)| is_used(place));
    used.extend(places.map(|(i, place)| (place.load(Ordering::Relaxed) as u64) << 32 | i as u64));
    // One relocation is one use.
    used.par_sort_unstable();
    used.into_iter().map(|both| both as u32 as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_come_in_order_of_the_first_whoever_notes_them() {
        let uses = FirstUses::new([[6, 8], [9, 1], [3, 0]].into_iter(), 4, 3);
        let place = |file, is_data, start| uses.place(FileIdx(file), is_data, start);
        uses.add_type(SignatureIdx(2), place(1, false, 0));
        uses.add_type(SignatureIdx(0), place(0, true, 0));
        uses.add_type(SignatureIdx(3), place(0, false, 6));
        uses.add_type(SignatureIdx(2), place(0, false, 4).next());
        uses.add_type(SignatureIdx(2), place(2, false, 0));
        assert!(uses.are_all());
        uses.add_other();
        assert!(!uses.are_all());
        let orders = uses.orders();
        assert_eq!(orders.types, [SignatureIdx(2), SignatureIdx(3), SignatureIdx(0)]);
        assert!(orders.slots.is_empty());
        assert!(!FirstUses::new([[NEVER as usize, 0]].into_iter(), 0, 0).are_all(), "too many places");
    }
}
