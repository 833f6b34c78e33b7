//! What most relocations against a symbol come to, found once for each symbol: there are many more relocations.

use super::value::{Place, Relocator, gone};
use crate::index::*;
use crate::layout::Callee;
use crate::object::relocations::{Relocation, RelocationKind, Target};
use crate::par;
use crate::resolve::Definition;
use rayon::prelude::*;

/// A symbol's kind of value in the upper bits, the value in the lower [`PAYLOAD_BITS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry(u64);

const PAYLOAD_BITS: u32 = 60;
const PAYLOAD: u64 = (1 << PAYLOAD_BITS) - 1;

/// Each relocation has to be looked at.
const GENERAL: u64 = 0;
/// Not in the output.
const GONE: u64 = 1;
/// A function of the module: its index in 32 bits, its table slot above.
const FUNCTION: u64 = 2;
/// Data: its address.
const DATA: u64 = 3;
/// A global: its index.
const GLOBAL: u64 = 4;
/// An input custom section: its offset in the output section.
const SECTION: u64 = 5;
/// An input custom section whose strings were merged: its number.
const STRINGS: u64 = 6;

impl Entry {
    /// An entry of kind `kind`; a value that does not fit is left to the general way.
    fn new(kind: u64, value: u64) -> Self {
        if value > PAYLOAD { Self(GENERAL) } else { Self(kind << PAYLOAD_BITS | value) }
    }
    #[inline]
    fn kind(self) -> u64 {
        self.0 >> PAYLOAD_BITS
    }
    #[inline]
    fn value(self) -> u64 {
        self.0 & PAYLOAD
    }
}

/// An entry for each symbol of each object.
pub struct Table {
    files: Vec<Vec<Entry>>,
}

impl Table {
    /// Looks at every symbol, in parallel.
    pub fn new(relocator: &Relocator) -> Self {
        let resolution = relocator.resolution;
        let globals: Vec<SymbolIdx> = resolution.symbols.indices().collect();
        let of_global = |symbol: SymbolIdx| entry(relocator, resolution.definitions[symbol], Some(symbol));
        let globals: Vec<Entry> = globals.into_par_iter().with_min_len(1024).map(of_global).collect();
        let of_file = |file: FileIdx| -> Vec<Entry> {
            let symbols = 0..resolution.files[file].targets.len() as u32;
            let of_symbol = |symbol| match resolution.target(file, symbol) {
                Some(target) => globals[target.index()],
                None => entry(relocator, resolution.local_definition(file, symbol), None),
            };
            symbols.map(of_symbol).collect()
        };
        let files: Vec<FileIdx> = resolution.files.indices().collect();
        Self { files: par::uneven(files.into_par_iter()).map(of_file).collect() }
    }
}

fn entry(relocator: &Relocator, definition: Definition, symbol: Option<SymbolIdx>) -> Entry {
    let layout = relocator.layout;
    if definition != Definition::Undefined && !relocator.is_live(symbol, definition) {
        return Entry::new(GONE, 0);
    }
    let general = Entry(GENERAL);
    match definition {
        Definition::Function(function) => {
            let slot = layout.slot(Callee::Defined(function)).unwrap_or(0);
            match layout.function_index(function) {
                Some(index) if slot < 1 << (PAYLOAD_BITS - 32) => Entry::new(FUNCTION, slot << 32 | index as u64),
                _ => general,
            }
        }
        Definition::Data { .. } | Definition::Absolute(_) | Definition::Linker(_) => {
            layout.data_value(definition, false).map_or(general, |address| Entry::new(DATA, address))
        }
        Definition::Global(global) => {
            layout.global_index(global).map_or(general, |index| Entry::new(GLOBAL, index as u64))
        }
        Definition::Section(custom) => match relocator.offsets {
            Some(offsets) => {
                let start = offsets.custom_start(custom);
                start.map_or(Entry::new(STRINGS, custom.index() as u64), |start| Entry::new(SECTION, start))
            }
            None => general,
        },
        Definition::Undefined | Definition::Tag(_) | Definition::Table(_) => general,
    }
}

/// Values of the relocations of one object.
pub struct FileValues<'r, 'a, 'i> {
    relocator: &'r Relocator<'a, 'i>,
    file: FileIdx,
    entries: &'r [Entry],
    /// Where the latest merged string was found; the next is often behind it.
    near: usize,
}

impl<'r, 'a, 'i> FileValues<'r, 'a, 'i> {
    pub(super) fn new(relocator: &'r Relocator<'a, 'i>, file: FileIdx) -> Self {
        let entries = relocator.table.map_or(&[][..], |table| &table.files[file.index()]);
        Self { relocator, file, entries, near: 0 }
    }

    /// The value of a relocation, as [`Relocator::value`] finds it.
    #[inline]
    pub fn value(&mut self, relocation: &Relocation, place: Place) -> u64 {
        let target = relocation.kind.target();
        if target != Target::TypeIndex
            && let Some(&entry) = self.entries.get(relocation.index as usize)
            && let Some(value) = self.known(target, entry, relocation, place)
        {
            return value;
        }
        self.relocator.value(self.file, relocation, place)
    }

    /// The value of an operand of code, as [`Relocator::value`] finds it.
    #[inline]
    pub fn operand(&self, kind: RelocationKind, index: u32, addend: i64) -> u64 {
        let (target, entry) = (kind.target(), self.entries.get(index as usize).copied().unwrap_or(Entry(GENERAL)));
        let value = entry.value();
        match (target, entry.kind()) {
            (Target::FunctionIndex, FUNCTION) => value as u32 as u64,
            (Target::TableSlot, FUNCTION) => value >> 32,
            (Target::Address, DATA) => value.wrapping_add_signed(addend),
            (Target::GlobalIndex, GLOBAL) => value,
            _ => self.unusual(kind, index, addend),
        }
    }
    #[cold]
    fn unusual(&self, kind: RelocationKind, index: u32, addend: i64) -> u64 {
        self.relocator.value(self.file, &Relocation { kind, offset: 0, index, addend }, Place::default())
    }

    #[inline]
    fn known(&mut self, target: Target, entry: Entry, relocation: &Relocation, place: Place) -> Option<u64> {
        let value = entry.value();
        match (target, entry.kind()) {
            (_, GONE) => Some(gone(relocation, place)),
            (Target::FunctionIndex, FUNCTION) => Some(value as u32 as u64),
            (Target::TableSlot, FUNCTION) => Some(value >> 32),
            (Target::Address, DATA) => Some(value.wrapping_add_signed(relocation.addend)),
            (Target::GlobalIndex, GLOBAL) => Some(value),
            (Target::FunctionOffset, FUNCTION) => {
                let (offset, width) = self.relocator.offsets?.body(value as u32)?;
                Some((offset + width).wrapping_add_signed(relocation.addend))
            }
            (Target::SectionOffset, SECTION) => Some(value.wrapping_add_signed(relocation.addend)),
            (Target::SectionOffset, STRINGS) => {
                let custom = InputCustomIdx::new(value as usize);
                self.relocator.offsets?.custom_near(custom, relocation.addend as u64, &mut self.near)
            }
            _ => None,
        }
    }
}
