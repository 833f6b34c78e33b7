//! Which functions have table slots.

use super::{Callee, NONE};
use crate::index::*;

/// The table slot of each function that has one, counted from the first that is filled.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// Slots of defined functions, [`NONE`] where there is none; those behind have none.
    defined: Vec<u32>,
    imported: IndexMap<SymbolIdx, u32>,
}

impl Slots {
    /// The slot of a function.
    #[inline]
    pub fn get(&self, function: Callee) -> Option<u32> {
        match function {
            Callee::Defined(function) => self.defined.get(function.index()).copied().filter(|&slot| slot != NONE),
            Callee::Imported(symbol) => self.imported.get(&symbol).copied(),
        }
    }
    /// Gives the functions the first slots, in order.
    pub fn of_defined(functions: &[InputFunctionIdx]) -> Self {
        let end = functions.iter().map(|function| function.index() + 1).max().unwrap_or(0);
        let mut defined = vec![NONE; end];
        for (slot, function) in functions.iter().enumerate() {
            defined[function.index()] = slot as u32;
        }
        Self { defined, imported: IndexMap::default() }
    }
    /// Gives a function a slot.
    pub fn insert(&mut self, function: Callee, slot: u32) {
        match function {
            Callee::Defined(function) => {
                if function.index() >= self.defined.len() {
                    self.defined.resize(function.index() + 1, NONE);
                }
                self.defined[function.index()] = slot;
            }
            Callee::Imported(symbol) => _ = self.imported.insert(symbol, slot),
        }
    }
    /// The slots of all functions that have one, in no order; others may be [`NONE`].
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut u32> {
        self.defined.iter_mut().chain(self.imported.values_mut())
    }
}
