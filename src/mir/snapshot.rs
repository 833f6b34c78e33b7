//! A module at a point in time, in the order that the output shows: what becomes an object of the link.

use super::Malformed;
use super::encoded::Encoded;
use super::file::View;
use super::module::{Declaration, Declarations, Entity, Linkage, Parts};
use super::walk::{Sink, walk};
use super::worker::{Buffer, FixupTarget, Payload, UNNAMED};
use crate::object::relocations::RelocationKind;
use crate::object::{Relocation, check_locals};
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

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
    /// Hash of each unnamed value's contents in order of symbols, and whether other modules may have the same.
    values: Vec<(u128, bool)>,
    /// Which unnamed values other modules have too, in order, and the name that they all give it.
    pub shared: Vec<(u32, String)>,
    /// In object output: declarations that are numbers. `wasm-ld` does not read objects that relocate with such.
    literals: HashMap<u32, u64>,
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
        snapshot.check_declarations()?;
        snapshot.sort_declarations();
        snapshot.find_definitions(original)?;
        snapshot.list_segments();
        snapshot.merge_unnamed();
        snapshot.check_sizes()?;
        snapshot.encode_relocations()?;
        Ok(snapshot)
    }

    /// Checks what else is indexed without a look: types, exported functions, functions to call at start-up.
    fn check_declarations(&self) -> Result<(), String> {
        let declarations = &*self.declarations;
        for declaration in &declarations.list {
            let (Entity::Func { ty, .. }
            | Entity::ImportFunc { ty, .. }
            | Entity::Tag { ty, .. }
            | Entity::ImportTag { ty }
            | Entity::Removed { ty: Some(ty) }) = declaration.entity
            else {
                continue;
            };
            if ty as usize >= declarations.types.len() {
                let name = declarations.text(&declaration.name);
                return Err(format!("{name} has type {ty}, which is not there"));
            }
        }
        let exported = declarations.exports.iter();
        let exported = exported.map(|(name, function)| (format!("exported as {}", declarations.text(name)), function));
        let initial =
            declarations.init_functions.iter().map(|(_, function)| ("called at start-up".to_string(), function));
        for (what, &function) in exported.chain(initial) {
            let entity = declarations.list.get(function as usize).map(|declaration| &declaration.entity);
            if !matches!(entity, Some(Entity::Func { .. } | Entity::ImportFunc { .. })) {
                return Err(format!("what is {what} is no function of the module"));
            }
        }
        Ok(())
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
        // Most have been declared in this order: a merge sort finds the runs.
        if !order.is_sorted_by(|a, b| key(a) <= key(b)) {
            order.par_sort_by(|a, b| key(a).cmp(&key(b)));
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
                let name = || declarations.text(&known.name);
                if !fits {
                    return Err(format!("{} is defined, but declared as something else", name()));
                }
                let place = Place { buffer: number as u32, index: index as u32 };
                if places[declaration as usize].replace(place).is_some() && number < original {
                    return Err(format!("{} is defined twice", name()));
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

    fn list_segments(&mut self) {
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
    }

    /// Checks sizes and alignments; makes the zeros that segments without bytes share.
    fn check_sizes(&mut self) -> Result<(), String> {
        const ALIGNMENT_MAX: u32 = 31;
        let mut zeros = 0;
        for segment in &self.segments {
            let &Payload { size, alignment, ref start, .. } = self.payload(segment).1;
            if size > u32::MAX as u64 {
                return Err(format!("{}: {size} bytes do not fit 32 bits", self.name_of(segment)));
            }
            if alignment > ALIGNMENT_MAX {
                let name = self.name_of(segment);
                return Err(format!("{name} is aligned to 2**{alignment}; 2**{ALIGNMENT_MAX} is the most"));
            }
            if start.is_none() {
                zeros = zeros.max(size);
            }
        }
        self.zeros = vec![0; zeros as usize];
        Ok(())
    }

    /// Finds equal unnamed values, by their contents, and orders them by it.
    fn merge_unnamed(&mut self) {
        let this = &*self;
        let names = this.hash_names();
        let contents: Vec<Vec<(u128, bool)>> =
            self.buffers.par_iter().map(|buffer| this.hash_unnamed(buffer, &names)).collect();
        let mut values: Vec<((u128, bool), Place)> = Vec::new();
        for (number, contents) in contents.iter().enumerate() {
            let place = |index: usize| Place { buffer: number as u32, index: index as u32 };
            values.extend(contents.iter().enumerate().map(|(index, &content)| (content, place(index))));
        }
        // Of equal values any will do: what comes of it is the same.
        values.par_sort_unstable_by_key(|&(content, place)| (content, place.buffer, place.index));
        values.dedup_by_key(|&mut (content, _)| content);
        let exports = self.declarations.exports.len();
        let first = self.order.len() + exports;
        let symbols: HashMap<u128, u32> =
            values.iter().enumerate().map(|(i, &((hash, _), _))| (hash, (first + i) as u32)).collect();
        let symbol = |(hash, _): &(u128, bool)| symbols[hash];
        self.unnamed = contents.iter().map(|contents| contents.iter().map(symbol).collect()).collect();
        self.values = values.iter().map(|&(content, _)| content).collect();
        self.unnamed_symbols = symbols;
        let sources =
            values.into_iter().map(|(_, place)| SegmentSource { place, declaration: NONE, relocations: 0..0 });
        self.segments.extend(sources);
    }

    /// Makes the functions of `buffer`, which are those of the numbers `functions`, the module's. `None` if it has unnamed
    /// values that were not there.
    pub fn take_over(&mut self, buffer: Arc<Buffer>, functions: &[u32]) -> Option<()> {
        // What a pointer points at has a name only the modules of a whole link have in common.
        if buffer.unnamed.iter().any(|payload| !payload.fixups.is_empty()) {
            return None;
        }
        let contents = self.hash_unnamed(&buffer, &[]);
        let symbols = contents.iter().map(|(hash, _)| self.unnamed_symbols.get(hash).copied());
        self.unnamed.push(symbols.collect::<Option<_>>()?);
        let number = self.buffers.len() as u32;
        for (index, &function) in functions.iter().enumerate() {
            self.functions[function as usize].0 = Place { buffer: number, index: index as u32 };
        }
        self.buffers.push(buffer);
        Some(())
    }

    /// The name of each declaration that means the same in all modules, hashed.
    fn hash_names(&self) -> Vec<Option<u128>> {
        if self.buffers.iter().all(|buffer| buffer.unnamed.iter().all(|payload| payload.fixups.is_empty())) {
            return Vec::new();
        }
        let declarations = &*self.declarations;
        let hash = |declaration: &Declaration| match declaration.entity {
            Entity::Func { linkage: Linkage::Local, .. }
            | Entity::Data { linkage: Linkage::Local, .. }
            | Entity::Absolute { linkage: Linkage::Local, .. } => None,
            _ => Some(xxh3_128(declarations.text(&declaration.name).as_bytes())),
        };
        declarations.list.par_iter().map(hash).collect()
    }

    /// A value is its alignment, its bytes and what its pointers point at: a declaration that means the same everywhere
    /// is its name, one that is the module's own its number, and an unnamed value, which was there before, its hash.
    /// Beside the hash: whether another module can have the value.
    fn hash_unnamed(&self, buffer: &Buffer, names: &[Option<u128>]) -> Vec<(u128, bool)> {
        let mut known: Vec<(u128, bool)> = Vec::with_capacity(buffer.unnamed.len());
        for payload in &buffer.unnamed {
            let mut hash = Xxh3::new();
            let mut is_common = true;
            hash.update(&payload.alignment.to_le_bytes());
            hash.update(&payload.size.to_le_bytes());
            hash.update(buffer.bytes(payload).unwrap_or(&[]));
            for fixup in buffer.fixups(payload) {
                let (target, addend) = match fixup.target {
                    FixupTarget::Data(data, addend) => (data.0, addend),
                    FixupTarget::Func(func) => (func.0, 0),
                };
                let is_func = matches!(fixup.target, FixupTarget::Func(_));
                let (kind, target) = match names.get(target as usize) {
                    _ if target & UNNAMED != 0 => {
                        let (hash, common) = known.get((target & !UNNAMED) as usize).copied().unwrap_or_default();
                        is_common &= common;
                        (0, hash)
                    }
                    Some(&Some(name)) => (1, name),
                    _ => {
                        is_common = false;
                        (2, self.symbol_of(target) as u128)
                    }
                };
                hash.update(&[kind, is_func as u8]);
                hash.update(&fixup.offset.to_le_bytes());
                hash.update(&target.to_le_bytes());
                hash.update(&addend.to_le_bytes());
            }
            known.push((hash.digest128(), is_common));
        }
        known
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
                    let (offset, size) = (fixup.offset, payload.size);
                    let name = self.name_of(segment);
                    return Err(format!("{name}: a pointer at byte {offset} of {size} overlaps another or the end"));
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
    /// What messages call a segment.
    pub fn name_of(&self, segment: &SegmentSource) -> &str {
        match segment.declaration {
            NONE => "an unnamed value",
            index => self.declarations.text(&self.declarations.list[index as usize].name),
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
    /// Function number `index`.
    #[inline]
    pub fn function(&self, index: usize) -> Encoded<'_> {
        let (place, _) = self.functions[index];
        self.buffers[place.buffer as usize].function(place.index as usize)
    }
}

/// Finds what modules have in common: unnamed values that several have get a name, so that they become one, and what
/// must mean the same everywhere is compared. `modules` are in link order.
///
/// # Errors
/// A module, and what it says otherwise than another.
pub(crate) fn join(modules: &mut [Snapshot], relocatable: bool) -> Result<(), Problem> {
    check_agreements(modules)?;
    if relocatable {
        find_literals(modules);
    }
    share_unnamed(modules);
    Ok(())
}

fn share_unnamed(modules: &mut [Snapshot]) {
    let common = |snapshot: &Snapshot| -> Vec<u128> {
        snapshot.values.iter().filter(|(_, is_common)| *is_common).map(|&(hash, _)| hash).collect()
    };
    let mut values: Vec<u128> = match modules.len() {
        0 | 1 => Vec::new(),
        _ => modules.par_iter().flat_map_iter(common).collect(),
    };
    values.par_sort_unstable();
    let several: HashSet<u128> = values.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    modules.par_iter_mut().for_each(|module| {
        let is_shared = |value: &(u128, bool)| value.1 && several.contains(&value.0);
        let values = module.values.iter().enumerate().filter(|(_, value)| is_shared(value));
        module.shared = values.map(|(index, (hash, _))| (index as u32, format!("__anon_{hash:032x}"))).collect();
    });
}

fn find_literals(modules: &mut [Snapshot]) {
    let mut values: HashMap<String, u64> = HashMap::new();
    for declarations in modules.iter().map(|module| &module.declarations) {
        for declaration in &declarations.list {
            if let Entity::Absolute { value, linkage } = declaration.entity
                && linkage != Linkage::Local
            {
                values.entry(declarations.text(&declaration.name).to_owned()).or_insert(value);
            }
        }
    }
    modules.par_iter_mut().for_each(|module| {
        let declarations = &module.declarations;
        let literal = |(index, declaration): (usize, &Declaration)| {
            let value = match declaration.entity {
                Entity::Absolute { value, linkage: Linkage::Local } => Some(value),
                Entity::Absolute { .. } | Entity::ImportData { .. } => {
                    values.get(declarations.text(&declaration.name)).copied()
                }
                _ => None,
            };
            value.map(|value| (index as u32, value))
        };
        module.literals = declarations.list.iter().enumerate().filter_map(literal).collect();
    });
}

fn check_agreements(modules: &[Snapshot]) -> Result<(), Problem> {
    let mut known: HashMap<&str, (u128, &str)> = HashMap::new();
    for module in modules {
        let declarations = &module.declarations;
        for &(declaration, hash) in &declarations.agreements {
            let declaration = &declarations.list[declaration as usize];
            if let Entity::Removed { .. } = declaration.entity {
                continue;
            }
            let name = declarations.text(&declaration.name);
            let (expected, other) = *known.entry(name).or_insert((hash, &module.name));
            if hash != expected {
                return Err((module.name.clone(), format!("the names of {name} are not those that {other} gives")));
            }
        }
    }
    Ok(())
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
    /// Checks the encoding of a function's locals.
    ///
    /// # Errors
    /// [`Malformed`] says that it is wrong.
    pub(crate) fn check_locals(&self, index: usize) -> Result<(), Malformed> {
        match self {
            Self::File(view) => check_locals(view.code(index).locals),
            // A worker has done so.
            Self::Module(_) => Ok(()),
        }
    }
    /// Gives function number `index` to `sink`.
    ///
    /// # Errors
    /// As [`walk`].
    #[inline]
    pub fn walk<S: Sink>(&self, index: usize, sink: &mut S) -> Result<(), Malformed> {
        match self {
            Self::File(view) => walk(&view.code(index), view.is_64, sink),
            Self::Module(module) => module.0.function(index).walk(sink),
        }
    }
    /// The symbol, or the type, that an operand of function number `function` names.
    #[inline]
    pub fn operand(&self, function: usize, kind: RelocationKind, operand: u32) -> u32 {
        self.operands(function).get(kind, operand)
    }
    /// The number that an operand stands for, if it is to be one in object output.
    pub fn literal(&self, operand: u32) -> Option<u64> {
        match self {
            Self::File(_) => None,
            Self::Module(module) => module.0.literals.get(&operand).copied(),
        }
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
                let (list, index) =
                    if operand & UNNAMED == 0 { (symbols, operand) } else { (unnamed, operand & !UNNAMED) };
                list.get(index as usize).copied().unwrap_or(NONE)
            }
            _ => operand,
        }
    }
}
