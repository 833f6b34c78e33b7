//! What a relocation's value is.

use super::table::{FileValues, Table};
use crate::index::*;
use crate::layout::{Callee, GotEntry, Layout, StringPlaces};
use crate::liveness::LiveSet;
use crate::object::relocations::{Relocation, Target};
use crate::resolve::{Definition, Resolution};

/// Stands for an undefined global, tag or table that the options let pass: no engine takes the module.
const NO_INDEX: u32 = u32::MAX;

/// Where the bytes that are relocated lie in the output.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    /// What stands for something that is not in the output; 0: the addend does.
    pub tombstone: u64,
    /// Added to a relocation's offset, the address of its field.
    pub address: u64,
}

/// Offsets that only the emission plan knows.
pub trait Offsets: Sync {
    /// Offset of a function's size field from the start of the code section's payload, and bytes of that field.
    fn function(&self, function: InputFunctionIdx) -> Option<(u64, u64)>;
    /// Offset in the output custom section of offset `offset` of an input custom section.
    fn custom(&self, custom: InputCustomIdx, offset: u64) -> Option<u64>;
    /// Where the strings of an input custom section went, if they were merged.
    fn custom_strings(&self, custom: InputCustomIdx) -> Option<StringPlaces<'_>>;
    /// Offset of an input custom section in its output section, if it is there in one piece.
    fn custom_start(&self, custom: InputCustomIdx) -> Option<u64>;
    /// Where all functions of the module lie.
    fn bodies(&self) -> BodyPlaces<'_>;
}

/// Where the functions of the module lie in its code section.
#[derive(Clone, Copy, Debug)]
pub struct BodyPlaces<'p> {
    /// The index of the first: so many are imported.
    pub first: u32,
    /// Offset of the first from the start of the section's payload.
    pub start: u64,
    /// Offset of each from the first.
    pub offsets: &'p [u32],
    /// Bytes of each one's size field.
    pub size_widths: &'p [u8],
}

impl BodyPlaces<'_> {
    /// As [`Offsets::function`], of the function whose index in the output is `index`; `None` if it is imported.
    #[inline]
    pub fn get(&self, index: u32) -> Option<(u64, u64)> {
        let index = index.checked_sub(self.first)? as usize;
        Some((self.start + *self.offsets.get(index)? as u64, *self.size_widths.get(index)? as u64))
    }
}

/// Knows every final index, address and offset.
pub struct Relocator<'a, 'i> {
    /// What symbols stand for.
    pub resolution: &'a Resolution<'i>,
    /// What is in the output.
    pub live: &'a LiveSet,
    /// Indices and addresses.
    pub layout: &'a Layout<'i>,
    /// Offsets in the code section and in custom sections; `None` while they are being planned.
    pub offsets: Option<&'a dyn Offsets>,
    /// Values found before; without it, each relocation is looked at.
    pub table: Option<&'a Table>,
}

impl<'a, 'i> Relocator<'a, 'i> {
    /// Values of the relocations of `file`.
    #[inline]
    pub fn of_file(&self, file: FileIdx) -> FileValues<'_, 'a, 'i> {
        FileValues::new(self, file)
    }
    /// The value of a relocation of `file`; truncated to its field's width when it is written.
    #[inline]
    pub fn value(&self, file: FileIdx, relocation: &Relocation, place: Place) -> u64 {
        let target = relocation.kind.target();
        let index = relocation.index;
        if target == Target::TypeIndex {
            let member = self.resolution.files[file].member;
            let signature = self.resolution.names.types[member][index as usize];
            return self.layout.type_index(signature).unwrap_or(0) as u64;
        }
        let symbol = self.resolution.target(file, index);
        let definition = match symbol {
            Some(symbol) => self.resolution.definitions[symbol],
            None => self.resolution.local_definition(file, index),
        };
        if !self.is_live(symbol, definition) {
            return gone(relocation, place);
        }
        match target {
            Target::FunctionIndex => match (definition, symbol) {
                (Definition::Function(function), _) => self.layout.function_index(function),
                (_, Some(symbol)) => self.layout.undefined_function_index(symbol),
                _ => None,
            }
            .unwrap_or(0) as u64,
            Target::TableSlot => self.slot(definition, symbol),
            Target::TableSlotRelative => self.slot(definition, symbol).saturating_sub(self.layout.table_base),
            Target::Address | Target::AddressRelative => self.address(definition, relocation),
            Target::AddressTls => {
                let value = self.layout.tls_value(definition);
                value.map_or(0, |value| value.wrapping_add_signed(relocation.addend))
            }
            Target::AddressLocal => {
                let field = place.address.wrapping_add(relocation.offset as u64);
                self.address(definition, relocation).wrapping_sub(field)
            }
            Target::GlobalIndex => self.global(file, index, definition, symbol),
            Target::TagIndex => match (definition, symbol) {
                (Definition::Tag(tag), _) => self.layout.tag_index(tag),
                (_, Some(symbol)) => self.layout.import_index(symbol),
                _ => None,
            }
            .unwrap_or(NO_INDEX) as u64,
            Target::TableNumber => match (definition, symbol) {
                (Definition::Table(table), _) => self.layout.table_index(table),
                (_, Some(symbol)) => self.layout.import_index(symbol),
                _ => None,
            }
            .unwrap_or(NO_INDEX) as u64,
            Target::FunctionOffset => match self.own_definition(symbol, definition) {
                Definition::Function(function) => match self.offsets.and_then(|offsets| offsets.function(function)) {
                    Some((offset, width)) => (offset + width).wrapping_add_signed(relocation.addend),
                    None => gone(relocation, place),
                },
                _ => gone(relocation, place),
            },
            Target::SectionOffset => match definition {
                Definition::Section(custom) => self
                    .offsets
                    .and_then(|offsets| offsets.custom(custom, relocation.addend as u64))
                    .unwrap_or_else(|| gone(relocation, place)),
                _ => gone(relocation, place),
            },
            Target::TypeIndex => 0,
        }
    }

    #[inline]
    pub(super) fn is_live(&self, symbol: Option<SymbolIdx>, definition: Definition) -> bool {
        match (self.live.definition(definition), symbol) {
            (Some(live), _) => live,
            (None, Some(symbol)) => self.live.symbol(self.resolution, symbol),
            (None, None) => true,
        }
    }

    /// What the module itself defines, even if calls may go elsewhere.
    fn own_definition(&self, symbol: Option<SymbolIdx>, definition: Definition) -> Definition {
        match (definition, symbol) {
            (Definition::Undefined, Some(symbol)) => self.layout.own_definition(self.resolution, symbol),
            _ => definition,
        }
    }

    fn slot(&self, definition: Definition, symbol: Option<SymbolIdx>) -> u64 {
        let element = match (definition, symbol) {
            (Definition::Function(function), _) => Callee::Defined(function),
            (_, Some(symbol)) => Callee::Imported(symbol),
            _ => return 0,
        };
        self.layout.slot(element).unwrap_or(0)
    }

    fn address(&self, definition: Definition, relocation: &Relocation) -> u64 {
        // An undefined symbol is at 0, whatever is added to it.
        self.layout.data_value(definition, false).map_or(0, |value| value.wrapping_add_signed(relocation.addend))
    }

    fn global(&self, file: FileIdx, index: u32, definition: Definition, symbol: Option<SymbolIdx>) -> u64 {
        let kind = self.resolution.kind(file, index);
        let found = match (definition, symbol) {
            (Definition::Global(global), _) => self.layout.global_index(global),
            (_, Some(symbol)) if kind == crate::object::SymbolKind::Global => self.layout.import_index(symbol),
            (_, symbol) => self.layout.got_index(symbol.map_or(GotEntry::Local(file, index), GotEntry::Global)),
        };
        found.unwrap_or(NO_INDEX) as u64
    }
}

/// The value of a relocation against something that is not in the output.
#[inline]
pub(super) fn gone(relocation: &Relocation, place: Place) -> u64 {
    if place.tombstone != 0 { place.tombstone } else { relocation.addend as u64 }
}
