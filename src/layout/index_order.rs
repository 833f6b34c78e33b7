//! The compact order of functions, globals, types and table slots: those that are named most often get the indices
//! that take the fewest bytes.

use super::references::{References, Use};
use super::{Callee, GotEntry, Import, Layout, NONE};
use crate::index::*;
use crate::object::SymbolKind;
use crate::resolve::{Definition, Resolution};
use rayon::prelude::*;
use std::ops::Range;

/// The first indices that take more than one byte as an unsigned LEB, more than two, three, four.
const INDEX_LIMITS: [usize; 4] = [1 << 7, 1 << 14, 1 << 21, 1 << 28];

/// The same for table slots: code holds them as signed numbers.
const SLOT_LIMITS: [usize; 4] = [1 << 6, 1 << 13, 1 << 20, 1 << 27];

/// Where entries of an index space move: the new index of each, and for each new index the old one.
struct Moves {
    new_of_old: Vec<u32>,
    old_of_new: Vec<u32>,
}

impl Moves {
    /// Orders the entries of each of the consecutive `blocks` by `counts`, descending. Entries whose indices take
    /// equally many bytes stay in the order in which they were: code that belongs together stays together. `limits` are
    /// the first indices that take more than one byte, more than two, three, four.
    fn new(counts: &[u32], blocks: &[Range<usize>], limits: [usize; 4]) -> Self {
        let mut old_of_new: Vec<u32> = (0..counts.len() as u32).collect();
        for block in blocks {
            let entries = &mut old_of_new[block.clone()];
            entries.par_sort_unstable_by_key(|&old| (!counts[old as usize], old));
            let mut rest = entries;
            let mut start = block.start;
            for limit in limits.into_iter().chain([usize::MAX]) {
                let (equal, behind) = rest.split_at_mut((limit.max(start) - start).min(rest.len()));
                equal.par_sort_unstable();
                start += equal.len();
                rest = behind;
            }
        }
        let mut new_of_old = vec![0; counts.len()];
        for (new, &old) in old_of_new.iter().enumerate() {
            new_of_old[old as usize] = new as u32;
        }
        Self { new_of_old, old_of_new }
    }

    /// Puts the entries from index `base` on into their new order.
    fn reorder<T: Copy>(&self, base: usize, entries: &mut [T]) {
        let old = entries.to_vec();
        for (entry, &from) in entries.iter_mut().zip(&self.old_of_new[base..]) {
            *entry = old[from as usize - base];
        }
    }

    /// Changes an index to the new one.
    fn renumber(&self, index: &mut u32) {
        if *index != NONE {
            *index = self.new_of_old[*index as usize];
        }
    }
}

/// The compact order of an index space, by new index.
#[derive(Clone, Debug)]
pub(crate) struct IndexOrder {
    counts: Vec<u32>,
    old: Vec<u32>,
    blocks: Vec<Range<usize>>,
}

impl IndexOrder {
    fn new(moves: &Moves, counts: &[u32], blocks: Vec<Range<usize>>) -> Self {
        let counts = moves.old_of_new.iter().map(|&old| counts[old as usize]).collect();
        Self { counts, old: moves.old_of_new.clone(), blocks }
    }
    /// Changes how often the entry with the index `index` is named.
    pub fn change(&mut self, index: u32, change: i32) {
        let count = &mut self.counts[index as usize];
        *count = count.saturating_add_signed(change);
    }
    /// Whether every entry's index still takes as many bytes as the order would give it.
    pub fn holds(&self) -> bool {
        let key = |new: usize| (!self.counts[new], self.old[new]);
        self.blocks.iter().all(|block| {
            let bounds = INDEX_LIMITS.into_iter().filter(|limit| block.contains(limit) && *limit > block.start);
            // What is left of a bound comes before everything right of it.
            bounds.into_iter().all(|bound| (block.start..bound).map(key).max() < (bound..block.end).map(key).min())
        })
    }
}

impl Layout<'_> {
    /// Renumbers functions, globals, types and table slots by the references to them. To be called once all of them
    /// have numbers, and before anything copies one.
    pub(super) fn order_indices(&mut self, resolution: &Resolution, references: &References) {
        // Each space counts the others' entries, whose number its order does not change.
        let (functions, globals, slots, types) = (
            self.function_moves(resolution, references),
            self.global_moves(resolution, references),
            self.slot_moves(resolution, references),
            self.type_moves(resolution, references),
        );
        let few = |moves: &Moves, limit| moves.old_of_new.len() < limit;
        self.orders.others_are_free = few(&globals, INDEX_LIMITS[0])
            && few(&types, INDEX_LIMITS[0])
            && self.elements.len() < SLOT_LIMITS[0].saturating_sub(self.table_base as usize);
        self.move_functions(&functions);
        self.move_globals(&globals);
        self.renumber_imports(resolution, &functions, &globals);
        slots.reorder(0, &mut self.elements);
        self.slots.values_mut().for_each(|slot| slots.renumber(slot));
        types.reorder(0, &mut self.types);
        self.type_indices.iter_mut().for_each(|index| types.renumber(index));
    }

    fn callee_index(&self, callee: Callee) -> Option<u32> {
        match callee {
            Callee::Defined(function) => self.function_index(function),
            Callee::Imported(symbol) => self.undefined_function_index(symbol),
        }
    }

    fn callee(resolution: &Resolution, file: FileIdx, symbol: u32) -> Option<Callee> {
        match resolution.definition(file, symbol) {
            Definition::Function(function) => Some(Callee::Defined(function)),
            Definition::Undefined => resolution.target(file, symbol).map(Callee::Imported),
            _ => None,
        }
    }

    /// Imports come first. Slots and constructors name functions too.
    fn function_moves(&mut self, resolution: &Resolution, references: &References) -> Moves {
        let imported = self.imported_functions as usize;
        let count = imported + self.functions.len();
        let mut counts = references.sum(Use::Own, count, |file, symbol| {
            self.callee_index(Self::callee(resolution, file, symbol)?).map(|index| index as usize)
        });
        let constructors = self.init_functions.iter().map(|&(callee, _)| callee);
        for index in self.elements.iter().copied().chain(constructors).filter_map(|callee| self.callee_index(callee)) {
            counts[index as usize] += 1;
        }
        let blocks = vec![0..imported, imported..count];
        let moves = Moves::new(&counts, &blocks, INDEX_LIMITS);
        self.orders.functions = Some(IndexOrder::new(&moves, &counts, blocks));
        moves
    }

    /// Imports, imported addresses, globals and addresses keep to themselves.
    fn global_moves(&self, resolution: &Resolution, references: &References) -> Moves {
        let imported = self.imported_globals as usize;
        let plain = imported - self.got_imports.len();
        let defined = imported + self.globals.len();
        let count = defined + self.got.len();
        let counts = references.sum(Use::Global, count, |file, symbol| {
            let target = resolution.target(file, symbol);
            let index = match (resolution.definition(file, symbol), target) {
                (Definition::Global(global), _) => self.global_index(global),
                (_, Some(target)) if resolution.symbols[target].kind == SymbolKind::Global => self.import_index(target),
                _ => self.got_index(target.map_or(GotEntry::Local(file, symbol), GotEntry::Global)),
            };
            index.map(|index| index as usize)
        });
        Moves::new(&counts, &[0..plain, plain..imported, imported..defined, defined..count], INDEX_LIMITS)
    }

    fn slot_moves(&self, resolution: &Resolution, references: &References) -> Moves {
        let counts = references.sum(Use::Slot, self.elements.len(), |file, symbol| {
            let slot = self.slots.get(Self::callee(resolution, file, symbol)?);
            slot.map(|slot| slot as usize)
        });
        // Code holds slots as signed numbers, and they count from the first that is filled.
        let base = usize::try_from(self.table_base).unwrap_or(usize::MAX);
        let limits = SLOT_LIMITS.map(|limit| limit.saturating_sub(base));
        Moves::new(&counts, std::slice::from_ref(&(0..counts.len())), limits)
    }

    /// Imports, functions and tags name types too.
    fn type_moves(&self, resolution: &Resolution, references: &References) -> Moves {
        let mut counts = references.sum_types(self.types.len(), |file, ty| {
            let signature = resolution.names.types[resolution.files[file].member][ty as usize];
            self.type_index(signature).map(|index| index as usize)
        });
        let imports = self.imports.iter().filter_map(|import| match *import {
            Import::Function { signature, .. } | Import::Tag { signature, .. } => Some(signature),
            _ => None,
        });
        let functions = self.functions.iter().map(|&function| resolution.function_signature(function));
        for index in imports.chain(functions).filter_map(|signature| self.type_index(signature)) {
            counts[index as usize] += 1;
        }
        Moves::new(&counts, std::slice::from_ref(&(0..counts.len())), INDEX_LIMITS)
    }

    fn move_functions(&mut self, moves: &Moves) {
        let imports = self.imports.iter_mut().filter(|import| matches!(import, Import::Function { .. }));
        reorder_some(moves, imports);
        moves.reorder(self.imported_functions as usize, &mut self.functions);
        self.function_indices.iter_mut().for_each(|index| moves.renumber(index));
    }

    fn move_globals(&mut self, moves: &Moves) {
        let imported = self.imported_globals as usize;
        let defined = imported + self.globals.len();
        let imports = self.imports.iter_mut().filter(|import| matches!(import, Import::Global { .. }));
        reorder_some(moves, imports);
        moves.reorder(imported - self.got_imports.len(), &mut self.got_imports);
        moves.reorder(imported, &mut self.globals);
        moves.reorder(defined, &mut self.got);
        self.got_import_indices.values_mut().for_each(|index| moves.renumber(index));
        self.global_indices.iter_mut().for_each(|index| moves.renumber(index));
        for index in self.got_indices.values_mut() {
            *index = moves.new_of_old[defined + *index as usize] - defined as u32;
        }
    }

    fn renumber_imports(&mut self, resolution: &Resolution, functions: &Moves, globals: &Moves) {
        for (&symbol, index) in &mut self.import_indices {
            match resolution.symbols[symbol].kind {
                SymbolKind::Function => functions.renumber(index),
                SymbolKind::Global => globals.renumber(index),
                _ => {}
            }
        }
    }
}

/// Reorders imports of one kind, the first entries of their index space, which lie among others.
fn reorder_some<'a>(moves: &Moves, imports: impl Iterator<Item = &'a mut Import>) {
    let mut imports: Vec<&mut Import> = imports.collect();
    let mut entries: Vec<Import> = imports.iter().map(|import| **import).collect();
    moves.reorder(0, &mut entries);
    imports.iter_mut().zip(entries).for_each(|(import, entry)| **import = entry);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_most_often_gets_short_indices_and_the_rest_stays() {
        let mut counts = vec![1; 300];
        // Two of the second block earn a place below 128.
        (counts[250], counts[299]) = (5, 9);
        let moves = Moves::new(&counts, &[0..3, 3..300], INDEX_LIMITS);
        let order = |range: Range<usize>| moves.old_of_new[range].to_vec();
        assert_eq!(order(0..126), (0..126).collect::<Vec<u32>>());
        assert_eq!(order(126..128), [250, 299]);
        assert_eq!(order(128..252), (126..250).collect::<Vec<u32>>());
        assert_eq!(order(252..300), (251..299).collect::<Vec<u32>>());
        let mut index = 299;
        moves.renumber(&mut index);
        assert_eq!(index, 127);
        let mut none = NONE;
        moves.renumber(&mut none);
        assert_eq!(none, NONE);
        let mut entries: Vec<usize> = (3..300).collect();
        moves.reorder(3, &mut entries);
        assert_eq!(entries, moves.old_of_new[3..].iter().map(|&old| old as usize).collect::<Vec<_>>());
    }

    #[test]
    fn blocks_and_limits_may_be_empty() {
        let moves = Moves::new(&[1, 2, 3], &[0..0, 0..3, 3..3], [0, 0, 2, 8]);
        assert_eq!(moves.old_of_new, [1, 2, 0], "the two most frequent, as they were, then the rest");
        assert!(Moves::new(&[], std::slice::from_ref(&(0..0)), INDEX_LIMITS).old_of_new.is_empty());
    }
}
