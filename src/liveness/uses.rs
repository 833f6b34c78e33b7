//! Where types and table slots are used first, noted while marking: layout numbers both in that order, and need not walk
//! over all relocations again to find it.

use crate::index::*;
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Where a relocation lies in the order of a serial walk: by object, code in front of data, then as in the object.
#[derive(Clone, Copy)]
pub(super) struct Place(u64);

impl Place {
    /// The first of the relocations that begin at `start` in the bytes of `file`'s relocations of code, or else of data.
    #[inline]
    pub fn new(file: FileIdx, is_data: bool, start: u32) -> Self {
        Self((file.0 as u64) << 33 | (is_data as u64) << 32 | start as u64)
    }
    /// The next one. An entry has more than one byte: it still comes before those that begin behind it.
    #[inline]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// No place.
const NEVER: u64 = u64::MAX;

/// The first use of each type, and of each function's table slot.
#[derive(Debug)]
pub struct FirstUses {
    types: Vec<AtomicU64>,
    slots: Vec<AtomicU64>,
    undefined: Mutex<Vec<SymbolIdx>>,
    others: AtomicBool,
}

impl FirstUses {
    /// No use yet of `types` types and `functions` functions.
    pub(super) fn new(types: usize, functions: usize) -> Self {
        let never = |len| (0..len).map(|_| AtomicU64::new(NEVER)).collect();
        Self {
            types: never(types),
            slots: never(functions),
            undefined: Mutex::default(),
            others: AtomicBool::new(false),
        }
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
    /// The undefined symbols that are in use, in no order.
    pub fn undefined(&self) -> Vec<SymbolIdx> {
        self.undefined.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// The types, and the functions that need table slots, each in order of first use.
    pub fn orders(&self) -> UseOrders {
        UseOrders {
            types: in_order(&self.types).map(SignatureIdx::new).collect(),
            slots: in_order(&self.slots).map(InputFunctionIdx::new).collect(),
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
}

#[inline]
fn note(first: &AtomicU64, place: Place) {
    // Most uses are not the first: a plain load keeps the cache line shared.
    if place.0 < first.load(Ordering::Relaxed) {
        first.fetch_min(place.0, Ordering::Relaxed);
    }
}

fn in_order(first: &[AtomicU64]) -> impl Iterator<Item = usize> + use<> {
    let places = first.iter().map(|place| place.load(Ordering::Relaxed)).enumerate();
    let mut used: Vec<(u64, u32)> =
        places.filter(|&(_, place)| place != NEVER).map(|(i, place)| (place, i as u32)).collect();
    // One relocation is one use.
    used.par_sort_unstable_by_key(|&(place, _)| place);
    used.into_iter().map(|(_, i)| i as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_come_in_order_of_the_first_whoever_notes_them() {
        let uses = FirstUses::new(4, 3);
        let place = |file, is_data, start| Place::new(FileIdx(file), is_data, start);
        uses.add_type(SignatureIdx(2), place(1, false, 0));
        uses.add_type(SignatureIdx(0), place(0, true, 0));
        uses.add_type(SignatureIdx(3), place(0, false, u32::MAX));
        uses.add_type(SignatureIdx(2), place(0, false, 6).next());
        uses.add_type(SignatureIdx(2), place(2, false, 0));
        let orders = uses.orders();
        assert_eq!(orders.types, [SignatureIdx(2), SignatureIdx(3), SignatureIdx(0)]);
        assert!(orders.slots.is_empty());
        assert!(uses.are_all());
        uses.add_other();
        assert!(!uses.are_all());
    }
}
