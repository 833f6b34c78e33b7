//! What most relocations against a symbol come to, found once for each symbol: there are many more relocations.

use super::value::{Place, Relocator, gone};
use crate::index::*;
use crate::layout::{Callee, NONE, StringPlaces};
use crate::object::relocations::{Relocation, RelocationKind, Target};
use crate::par;
use crate::resolve::{Definition, LOCAL};

/// A symbol's kind of value in the upper bits, the value in the lower [`PAYLOAD_BITS`]: there may be many symbols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry(u32);

const PAYLOAD_BITS: u32 = 29;
const PAYLOAD: u32 = (1 << PAYLOAD_BITS) - 1;

impl Entry {
    /// Each relocation has to be looked at.
    pub const GENERAL: u32 = 0;
    /// Not in the output.
    pub const GONE: u32 = 1;
    /// A function of the module: its index.
    pub const FUNCTION: u32 = 2;
    /// Data: its address.
    pub const DATA: u32 = 3;
    /// A global: its index.
    pub const GLOBAL: u32 = 4;
    /// An input custom section: its offset in the output section.
    pub const SECTION: u32 = 5;
    /// An input custom section whose strings were merged: its number.
    pub const STRINGS: u32 = 6;

    /// An entry of kind `kind`; a value that does not fit is left to the general way.
    fn new(kind: u32, value: u64) -> Self {
        if value > PAYLOAD as u64 { Self(Self::GENERAL) } else { Self(kind << PAYLOAD_BITS | value as u32) }
    }
    #[inline]
    pub fn kind(self) -> u32 {
        self.0 >> PAYLOAD_BITS
    }
    #[inline]
    pub fn value(self) -> u32 {
        self.0 & PAYLOAD
    }
}

/// An entry for each symbol of each object.
pub struct Table {
    files: Vec<Vec<Entry>>,
    /// Table slots by index of the function, 0 where there is none; those behind have none.
    slots: Vec<u32>,
}

impl Table {
    /// Looks at every symbol, in parallel.
    pub fn new(relocator: &Relocator) -> Self {
        let resolution = relocator.resolution;
        let of_file = |file: usize| -> Vec<Entry> {
            let file = FileIdx::new(file);
            let targets = resolution.files[file].targets.iter().enumerate();
            let of_symbol = |(symbol, &target): (usize, &SymbolIdx)| match target {
                LOCAL => entry(relocator, resolution.local_definition(file, symbol as u32), None),
                target => entry(relocator, resolution.definitions[target], Some(target)),
            };
            targets.map(of_symbol).collect()
        };
        let files = par::map(resolution.files.len(), of_file);
        Self { files, slots: slots(relocator) }
    }
}

/// The slots of the module's own functions, by index. One that does not fit is left to the general way, like 0.
fn slots(relocator: &Relocator) -> Vec<u32> {
    let layout = relocator.layout;
    let mut slots = vec![0; if layout.elements.is_empty() { 0 } else { layout.function_limit() }];
    for &element in &layout.elements {
        if let Callee::Defined(function) = element
            && let (Some(index), Some(slot)) = (layout.function_index(function), layout.slot(element))
        {
            slots[index as usize] = u32::try_from(slot).unwrap_or(0);
        }
    }
    slots
}

fn entry(relocator: &Relocator, definition: Definition, symbol: Option<SymbolIdx>) -> Entry {
    let layout = relocator.layout;
    if definition != Definition::Undefined && !relocator.is_live(symbol, definition) {
        return Entry::new(Entry::GONE, 0);
    }
    let known = |kind, value: Option<u64>| value.map_or(Entry::new(Entry::GENERAL, 0), |value| Entry::new(kind, value));
    match definition {
        Definition::Function(function) => known(Entry::FUNCTION, layout.function_index(function).map(u64::from)),
        Definition::Data { .. } | Definition::Absolute(_) | Definition::Linker(_) => {
            known(Entry::DATA, layout.data_value(definition, false))
        }
        Definition::Global(global) => known(Entry::GLOBAL, layout.global_index(global).map(u64::from)),
        Definition::Section(custom) => match relocator.offsets {
            Some(offsets) => {
                let start = offsets.custom_start(custom);
                let strings = || Entry::new(Entry::STRINGS, custom.index() as u64);
                start.map_or_else(strings, |start| Entry::new(Entry::SECTION, start))
            }
            None => known(Entry::GENERAL, None),
        },
        Definition::Undefined | Definition::Tag(_) | Definition::Table(_) => known(Entry::GENERAL, None),
    }
}

/// Values of the relocations of one object.
pub struct FileValues<'r, 'a, 'i> {
    relocator: &'r Relocator<'a, 'i>,
    file: FileIdx,
    entries: &'r [Entry],
    slots: &'r [u32],
    /// The input section whose merged strings were asked for last, and where they went.
    strings: (u32, StringPlaces<'r>),
}

impl<'r, 'a, 'i> FileValues<'r, 'a, 'i> {
    pub(super) fn new(relocator: &'r Relocator<'a, 'i>, file: FileIdx) -> Self {
        let entries = relocator.table.map_or(&[][..], |table| &table.files[file.index()]);
        let slots = relocator.table.map_or(&[][..], |table| &table.slots);
        Self { relocator, file, entries, slots, strings: (NONE, StringPlaces::default()) }
    }

    /// What is known of symbol number `index`.
    #[inline]
    pub(super) fn entry(&self, index: u32) -> Entry {
        self.entries.get(index as usize).copied().unwrap_or(Entry(Entry::GENERAL))
    }

    /// The value of a relocation, as [`Relocator::value`] finds it.
    #[inline]
    pub fn value(&mut self, relocation: &Relocation, place: Place) -> u64 {
        let target = relocation.kind.target();
        if target != Target::TypeIndex
            && let Some(value) = self.known(target, self.entry(relocation.index), relocation, place)
        {
            return value;
        }
        self.relocator.value(self.file, relocation, place)
    }

    /// What [`FileValues::value`] is, out of the way of loops that find most values by themselves.
    #[inline(never)]
    pub(super) fn general(&mut self, relocation: Relocation, place: Place) -> u64 {
        self.value(&relocation, place)
    }

    /// The value of an operand of code, as [`Relocator::value`] finds it.
    #[inline]
    pub fn operand(&self, kind: RelocationKind, index: u32, addend: i64) -> u64 {
        let (target, entry) = (kind.target(), self.entry(index));
        let value = entry.value() as u64;
        match (target, entry.kind()) {
            (Target::FunctionIndex, Entry::FUNCTION) => value,
            (Target::TableSlot, Entry::FUNCTION) => {
                self.slot(entry).map_or_else(|| self.unusual(kind, index, addend), u64::from)
            }
            (Target::Address, Entry::DATA) => value.wrapping_add_signed(addend),
            (Target::GlobalIndex, Entry::GLOBAL) => value,
            _ => self.unusual(kind, index, addend),
        }
    }
    #[cold]
    fn unusual(&self, kind: RelocationKind, index: u32, addend: i64) -> u64 {
        self.relocator.value(self.file, &Relocation { kind, offset: 0, index, addend }, Place::default())
    }

    /// The table slot of a function.
    #[inline]
    pub(super) fn slot(&self, entry: Entry) -> Option<u32> {
        self.slots.get(entry.value() as usize).copied().filter(|&slot| slot != 0)
    }

    /// Where the merged strings of an input section went.
    #[inline]
    pub(super) fn strings(&mut self, entry: Entry) -> Option<StringPlaces<'r>> {
        if self.strings.0 != entry.value() {
            let custom = InputCustomIdx::new(entry.value() as usize);
            self.strings = (entry.value(), self.relocator.offsets?.custom_strings(custom)?);
        }
        Some(self.strings.1)
    }

    #[inline]
    fn known(&mut self, target: Target, entry: Entry, relocation: &Relocation, place: Place) -> Option<u64> {
        let value = entry.value() as u64;
        match entry.kind() {
            Entry::STRINGS if target == Target::SectionOffset => {
                Some(self.strings(entry)?.translate(relocation.addend as u64))
            }
            Entry::FUNCTION => match target {
                Target::FunctionIndex => Some(value),
                Target::TableSlot => self.slot(entry).map(u64::from),
                Target::FunctionOffset => {
                    let (offset, width) = self.relocator.offsets?.bodies().get(value as u32)?;
                    Some((offset + width).wrapping_add_signed(relocation.addend))
                }
                _ => None,
            },
            Entry::GONE => Some(gone(relocation, place)),
            Entry::DATA if target == Target::Address => Some(value.wrapping_add_signed(relocation.addend)),
            Entry::SECTION if target == Target::SectionOffset => Some(value.wrapping_add_signed(relocation.addend)),
            Entry::GLOBAL if target == Target::GlobalIndex => Some(value),
            _ => None,
        }
    }
}
