//! A module at a point in time, in the order that the output shows: what becomes an object of the link.

use super::Code;
use super::code::Reference;
use super::file::View;
use super::module::{Declarations, Entity, Parts};
use super::worker::{Buffer, FixupTarget, Payload, UNNAMED};
use crate::object::Relocation;
use crate::object::relocations::RelocationKind;
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3;

/// No definition, no symbol.
pub(crate) const NONE: u32 = u32::MAX;

/// Where a definition lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Index into [`Snapshot::buffers`].
    pub buffer: u32,
    /// Its number there, among functions, data or unnamed values.
    pub index: u32,
}

/// A segment of the object.
#[derive(Clone, Debug)]
pub(crate) struct SegmentSource {
    pub place: Place,
    /// The declaration; [`NONE`]: it is an unnamed value.
    pub declaration: u32,
    /// Its relocations in [`Snapshot::relocations`].
    pub relocations: std::ops::Range<u32>,
}

/// A module as it is linked.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub name: String,
    pub is_64: bool,
    pub declarations: Arc<Declarations>,
    pub buffers: Vec<Arc<Buffer>>,
    /// Declarations in order of their symbols, which come first in the symbol table.
    pub order: Vec<u32>,
    /// Symbol of each declaration.
    pub symbols: Vec<u32>,
    /// Where each defined function lies, and its declaration, in order of function index.
    pub functions: Vec<(Place, u32)>,
    /// Where each declaration's definition lies.
    pub places: Vec<Option<Place>>,
    pub segments: Vec<SegmentSource>,
    /// Segment of each declaration.
    pub segment_of: Vec<u32>,
    /// How many segments are named; the unnamed follow.
    pub named: usize,
    /// Symbol of each unnamed value of each buffer.
    unnamed: Vec<Vec<u32>>,
    /// Symbol of each unnamed value, by the hash of its contents.
    unnamed_symbols: HashMap<u128, u32>,
    /// Relocations of all segments, encoded.
    pub relocations: Vec<u8>,
    /// As many zeros as the largest segment without bytes has.
    pub zeros: Vec<u8>,
}

/// What a message about a module is made of: its name, and what is wrong.
pub(crate) type Problem = (String, String);

impl Snapshot {
    /// Puts a module in order.
    ///
    /// # Errors
    /// What the compiler got wrong: something is declared and not defined, or defined twice, or a pointer in data lies
    /// outside of it.
    pub fn new(name: &str, parts: Parts, is_64: bool) -> Result<Self, Problem> {
        match Self::of(parts, is_64) {
            Ok(snapshot) => Ok(Self { name: name.to_owned(), ..snapshot }),
            Err(problem) => Err((name.to_owned(), problem)),
        }
    }

    fn of(parts: Parts, is_64: bool) -> Result<Self, String> {
        let Parts { declarations, mut buffers, replacements, .. } = parts;
        let original = buffers.len();
        buffers.extend(replacements.into_iter().map(|(_, buffer)| buffer));
        let mut snapshot = Self { is_64, declarations, buffers, ..Self::default() };
        snapshot.sort_declarations();
        snapshot.find_definitions(original)?;
        snapshot.list_segments()?;
        snapshot.merge_unnamed();
        snapshot.encode_relocations()?;
        Ok(snapshot)
    }

    /// Gives each declaration its symbol: by ordinal, then by name.
    fn sort_declarations(&mut self) {
        let declarations = &*self.declarations;
        let mut order: Vec<u32> = (0..declarations.list.len() as u32).collect();
        let key = |&index: &u32| {
            let declaration = &declarations.list[index as usize];
            let name = if declaration.ordinal.is_some() { "" } else { declarations.text(&declaration.name) };
            (declaration.ordinal.is_none(), declaration.ordinal, name, index)
        };
        // Often they have been declared in this order.
        if !order.is_sorted_by_key(key) {
            order.par_sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        }
        self.symbols = vec![NONE; order.len()];
        order.iter().enumerate().for_each(|(symbol, &index)| self.symbols[index as usize] = symbol as u32);
        self.order = order;
    }

    fn find_definitions(&mut self, original: usize) -> Result<(), String> {
        let declarations = Arc::clone(&self.declarations);
        let mut places = vec![None; declarations.list.len()];
        for (number, buffer) in self.buffers.iter().enumerate() {
            let functions = buffer.functions.iter().enumerate().map(|(i, &declaration)| (i, declaration, true));
            let data = buffer.data.iter().enumerate().map(|(i, &(declaration, _))| (i, declaration, false));
            for (index, declaration, is_function) in functions.chain(data) {
                let Some(known) = declarations.list.get(declaration as usize) else {
                    return Err(format!("a definition names declaration {declaration}, which is not there"));
                };
                let fits = match known.entity {
                    Entity::Func { .. } => is_function,
                    Entity::Data { .. } => !is_function,
                    // Removed after it was defined.
                    Entity::Removed { .. } => continue,
                    _ => false,
                };
                let name = declarations.text(&known.name);
                if !fits {
                    return Err(format!("{name} is defined, but declared as something else"));
                }
                let place = Place { buffer: number as u32, index: index as u32 };
                if places[declaration as usize].replace(place).is_some() && number < original {
                    return Err(format!("{name} is defined twice"));
                }
            }
        }
        for &index in &self.order {
            let declaration = &declarations.list[index as usize];
            match (&declaration.entity, places[index as usize]) {
                (Entity::Func { .. }, Some(place)) => self.functions.push((place, index)),
                (Entity::Func { .. } | Entity::Data { .. }, None) => {
                    return Err(format!("{} is declared, but not defined", declarations.text(&declaration.name)));
                }
                _ => {}
            }
        }
        self.places = places;
        Ok(())
    }

    fn list_segments(&mut self) -> Result<(), String> {
        const ALIGNMENT_MAX: u32 = 31;
        let declarations = &*self.declarations;
        self.segment_of = vec![NONE; declarations.list.len()];
        for &index in &self.order {
            let (Entity::Data { .. }, Some(place)) =
                (&declarations.list[index as usize].entity, self.places[index as usize])
            else {
                continue;
            };
            self.segment_of[index as usize] = self.segments.len() as u32;
            self.segments.push(SegmentSource { place, declaration: index, relocations: 0..0 });
        }
        self.named = self.segments.len();
        let payloads = self
            .buffers
            .iter()
            .flat_map(|buffer| buffer.data.iter().map(|(_, payload)| payload).chain(&buffer.unnamed));
        let (mut alignment_max, mut zeros) = (0, 0);
        for payload in payloads {
            alignment_max = alignment_max.max(payload.alignment);
            if payload.start.is_none() {
                zeros = zeros.max(payload.size);
            }
            if payload.size > u32::MAX as u64 {
                return Err(format!("data of {} bytes does not fit 32 bits", payload.size));
            }
        }
        if alignment_max > ALIGNMENT_MAX {
            return Err(format!("data is aligned to 2**{alignment_max}; 2**{ALIGNMENT_MAX} is the most"));
        }
        self.zeros = vec![0; zeros as usize];
        Ok(())
    }

    /// Finds equal unnamed values, by their contents, and orders them by it.
    fn merge_unnamed(&mut self) {
        let this = &*self;
        let hashes: Vec<Vec<u128>> = self.buffers.par_iter().map(|buffer| this.hash_unnamed(buffer)).collect();
        let mut values: Vec<(u128, Place)> = Vec::new();
        for (number, hashes) in hashes.iter().enumerate() {
            let place = |index: usize| Place { buffer: number as u32, index: index as u32 };
            values.extend(hashes.iter().enumerate().map(|(index, &hash)| (hash, place(index))));
        }
        // Of equal values any will do: what comes of it is the same.
        values.par_sort_unstable_by_key(|&(hash, place)| (hash, place.buffer, place.index));
        values.dedup_by_key(|&mut (hash, _)| hash);
        let exports = self.declarations.exports.len();
        let first = self.order.len() + exports;
        let symbols: HashMap<u128, u32> =
            values.iter().enumerate().map(|(i, &(hash, _))| (hash, (first + i) as u32)).collect();
        self.unnamed = hashes.iter().map(|hashes| hashes.iter().map(|hash| symbols[hash]).collect()).collect();
        self.unnamed_symbols = symbols;
        let sources =
            values.into_iter().map(|(_, place)| SegmentSource { place, declaration: NONE, relocations: 0..0 });
        self.segments.extend(sources);
    }

    /// Makes the functions of `buffer`, which are those of the numbers `functions`, the module's. `None` if it has unnamed
    /// values that were not there.
    pub fn take_over(&mut self, buffer: Arc<Buffer>, functions: &[u32]) -> Option<()> {
        let hashes = self.hash_unnamed(&buffer);
        let symbols = hashes.iter().map(|hash| self.unnamed_symbols.get(hash).copied());
        self.unnamed.push(symbols.collect::<Option<_>>()?);
        let number = self.buffers.len() as u32;
        for (index, &function) in functions.iter().enumerate() {
            self.functions[function as usize].0 = Place { buffer: number, index: index as u32 };
        }
        self.buffers.push(buffer);
        Some(())
    }

    /// A value is its alignment, its bytes and what its pointers point at; a pointer to an unnamed value counts as that
    /// value's hash. They point at values that were there before.
    fn hash_unnamed(&self, buffer: &Buffer) -> Vec<u128> {
        let mut hashes: Vec<u128> = Vec::with_capacity(buffer.unnamed.len());
        for payload in &buffer.unnamed {
            let mut hash = Xxh3::new();
            hash.update(&payload.alignment.to_le_bytes());
            hash.update(&payload.size.to_le_bytes());
            hash.update(buffer.bytes(payload).unwrap_or(&[]));
            for fixup in buffer.fixups(payload) {
                let (kind, target, addend) = match fixup.target {
                    FixupTarget::Data(data, addend) if data.0 & UNNAMED != 0 => {
                        let known = hashes.get((data.0 & !UNNAMED) as usize).copied();
                        (0u8, known.unwrap_or(0), addend)
                    }
                    FixupTarget::Data(data, addend) => (1, self.symbol_of(data.0) as u128, addend),
                    FixupTarget::Func(func) => (2, self.symbol_of(func.0) as u128, 0),
                };
                hash.update(&[kind]);
                hash.update(&fixup.offset.to_le_bytes());
                hash.update(&target.to_le_bytes());
                hash.update(&addend.to_le_bytes());
            }
            hashes.push(hash.digest128());
        }
        hashes
    }

    fn encode_relocations(&mut self) -> Result<(), String> {
        let width = if self.is_64 { 8 } else { 4 };
        let (address, slot) = match self.is_64 {
            true => (RelocationKind::MEMORY_ADDR_I64, RelocationKind::TABLE_INDEX_I64),
            false => (RelocationKind::MEMORY_ADDR_I32, RelocationKind::TABLE_INDEX_I32),
        };
        let mut relocations = Vec::new();
        let mut segments = std::mem::take(&mut self.segments);
        for segment in &mut segments {
            let (buffer, payload) = self.payload(segment);
            let (start, mut end) = (relocations.len() as u32, 0u64);
            for fixup in buffer.fixups(payload) {
                if (fixup.offset as u64) < end || fixup.offset as u64 + width > payload.size {
                    let Payload { size, .. } = payload;
                    let offset = fixup.offset;
                    return Err(format!(
                        "a pointer at byte {offset} of {size} overlaps another or the end of its data"
                    ));
                }
                end = fixup.offset as u64 + width;
                let (kind, target, addend) = match fixup.target {
                    FixupTarget::Data(data, addend) => (address, data.0, addend),
                    FixupTarget::Func(func) => (slot, func.0, 0),
                };
                let index = self.operand(segment.place.buffer, target);
                Relocation { kind, offset: fixup.offset, index, addend }.encode(fixup.offset, &mut relocations);
            }
            segment.relocations = start..relocations.len() as u32;
        }
        (self.segments, self.relocations) = (segments, relocations);
        Ok(())
    }

    fn symbol_of(&self, declaration: u32) -> u32 {
        self.symbols.get(declaration as usize).copied().unwrap_or(NONE)
    }

    /// The symbol that operand `operand` of a datum of buffer number `buffer` names; [`NONE`] if it names
    /// nothing.
    #[inline]
    pub fn operand(&self, buffer: u32, operand: u32) -> u32 {
        match operand & UNNAMED {
            0 => self.symbol_of(operand),
            _ => self.unnamed[buffer as usize].get((operand & !UNNAMED) as usize).copied().unwrap_or(NONE),
        }
    }
    /// A segment's buffer and payload.
    pub fn payload(&self, segment: &SegmentSource) -> (&Buffer, &Payload) {
        let buffer = &*self.buffers[segment.place.buffer as usize];
        let index = segment.place.index as usize;
        match segment.declaration {
            NONE => (buffer, &buffer.unnamed[index]),
            _ => (buffer, &buffer.data[index].1),
        }
    }
    /// The MIR of function number `index`.
    #[inline]
    pub fn code(&self, index: usize) -> Code<'_> {
        let (place, _) = self.functions[index];
        self.buffers[place.buffer as usize].code(place.index as usize)
    }
}

/// The functions of an object with MIR.
#[derive(Clone, Copy, Debug)]
pub enum Unit<'i> {
    /// Of a file.
    File(View<'i>),
    /// Of a compiler's module.
    Module(ModuleUnit<'i>),
}

/// The functions of a compiler's module.
#[derive(Clone, Copy, Debug)]
pub struct ModuleUnit<'i>(pub(crate) &'i Snapshot);

impl<'i> Unit<'i> {
    /// Whether addresses have 64 bits.
    pub fn is_64(&self) -> bool {
        match self {
            Self::File(view) => view.is_64,
            Self::Module(module) => module.0.is_64,
        }
    }
    /// How many functions there are.
    pub fn len(&self) -> usize {
        match self {
            Self::File(view) => view.len(),
            Self::Module(module) => module.0.functions.len(),
        }
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Function number `index`.
    #[inline]
    pub fn code(&self, index: usize) -> Code<'i> {
        match self {
            Self::File(view) => view.code(index),
            Self::Module(module) => module.0.code(index),
        }
    }
    /// What function number `index` names, if a compiler's builder made it: it then also is well formed.
    pub(crate) fn references(&self, index: usize) -> Option<&'i [Reference]> {
        let Self::Module(ModuleUnit(snapshot)) = *self else { return None };
        let (place, _) = snapshot.functions[index];
        snapshot.buffers[place.buffer as usize].references(place.index as usize)
    }
    /// The symbol, or the type, that an operand of function number `function` names.
    #[inline]
    pub fn operand(&self, function: usize, kind: RelocationKind, operand: u32) -> u32 {
        self.operands(function).get(kind, operand)
    }
    /// What the operands of function number `function` name.
    #[inline]
    pub fn operands(&self, function: usize) -> Operands<'i> {
        match *self {
            Self::File(_) => Operands(None),
            Self::Module(ModuleUnit(snapshot)) => {
                let (place, _) = snapshot.functions[function];
                Operands(Some((&snapshot.symbols, &snapshot.unnamed[place.buffer as usize])))
            }
        }
    }
}

/// What the operands of a function name: in a module, symbols of declarations, and of the unnamed values of a buffer.
#[derive(Clone, Copy, Debug)]
pub struct Operands<'i>(Option<(&'i [u32], &'i [u32])>);

impl Operands<'_> {
    /// The symbol, or the type, that `operand` names.
    #[inline]
    pub fn get(&self, kind: RelocationKind, operand: u32) -> u32 {
        match self.0 {
            Some((symbols, unnamed)) if kind != RelocationKind::TYPE_INDEX_LEB => {
                let (list, index) = if operand & UNNAMED == 0 { (symbols, operand) } else { (unnamed, operand & !UNNAMED) };
                list.get(index as usize).copied().unwrap_or(NONE)
            }
            _ => operand,
        }
    }
}
