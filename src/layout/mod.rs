//! LiveSet -> Layout: every final index and address; nothing moves afterwards.
//!
//! The passes run in LLD's order, because that order shows in the output: segments and addresses first, then imports,
//! then one scan over the relocations of everything live (table slots, GOT entries, types, undefined symbols), then
//! the index spaces, then exports.
//!
//! The compact orders differ from LLD's in two places: where segments are made, and once everything has an index. Both
//! go by counts of references from code, which are made first, and only then.

mod dynamic;
mod exports;
mod features;
mod imports;
mod index_order;
mod indices;
mod init_functions;
mod look;
mod members;
mod memory;
mod merging;
mod message_order;
mod orders;
mod placing;
mod references;
mod scan;
mod segment_order;
mod segments;
mod slots;
mod strings;
mod tls;
mod types;

pub use dynamic::DynamicMemory;
pub use exports::{Export, ExportKind};
pub use imports::Import;
pub use init_functions::InitFunctions;
pub use memory::Memory;
pub(crate) use orders::Orders;
pub use segments::{Chunk, OutputSegment, bound_names};
pub use strings::{MergedStrings, StringPlaces, merge_strings};

use crate::diagnostic::{Diagnostics, Failed};
use crate::index::*;
use crate::linker_defined::DataSymbol;
use crate::liveness::LiveSet;
use crate::options::Options;
use crate::resolve::{Definition, Resolution};
use references::References;
use slots::Slots;
use std::collections::{BTreeSet, HashMap};

/// No index: not in the output.
pub const NONE: u32 = u32::MAX;

/// Every final index and address.
pub struct Layout<'i> {
    /// Output data segments, in order of address.
    pub segments: Vec<OutputSegment<'i>>,
    /// String contents shared by many input segments.
    pub strings: Vec<MergedStrings<'i>>,
    places: IndexVec<InputSegmentIdx, segments::Place>,
    /// Something thread-local is in the output.
    uses_tls: bool,
    /// Sizes and addresses of memory.
    pub memory: Memory,
    /// Features that the module may use, sorted.
    pub features: BTreeSet<String>,
    /// Zero-initialised segments take bytes in the output.
    pub emit_bss: bool,
    /// Imports, in order, without memory.
    pub imports: Vec<Import>,
    import_indices: IndexMap<SymbolIdx, u32>,
    /// How many functions are imported.
    pub imported_functions: u32,
    /// How many globals are imported.
    pub imported_globals: u32,
    /// How many tags are imported.
    pub imported_tags: u32,
    /// How many tables are imported.
    pub imported_tables: u32,
    /// Trapping functions that stand for undefined ones.
    undefined_stubs: HashMap<SymbolIdx, InputFunctionIdx>,
    /// Functions that have a table slot, in slot order.
    pub elements: Vec<Callee>,
    slots: Slots,
    /// Slot of the first element.
    pub table_base: u64,
    /// The table of address-taken functions, if there is one.
    pub indirect_table: Option<IndirectTable>,
    /// Defined functions, in order of their index.
    pub functions: Vec<InputFunctionIdx>,
    function_indices: Vec<u32>,
    /// Defined globals, in order of their index.
    pub globals: Vec<InputGlobalIdx>,
    global_indices: Vec<u32>,
    /// Symbols that have a global holding their address or slot, behind `globals`.
    pub got: Vec<GotEntry>,
    got_indices: HashMap<GotEntry, u32>,
    /// Symbols whose GOT entry is imported, in order of first use.
    pub got_imports: Vec<SymbolIdx>,
    /// Output index of each of those.
    got_import_indices: HashMap<SymbolIdx, u32>,
    /// Weak functions of a shared library, which another module may replace.
    preempted: HashMap<SymbolIdx, InputFunctionIdx>,
    /// Constant expressions may add.
    pub extended_const: bool,
    /// What the dynamic linker is told about memory.
    pub dynamic_memory: DynamicMemory,
    /// Defined tags, in order of their index.
    pub tags: Vec<InputTagIdx>,
    tag_indices: Vec<u32>,
    /// Defined tables, in order of their index.
    pub tables: Vec<InputTableIdx>,
    table_indices: Vec<u32>,
    /// Exports, in order.
    pub exports: Vec<Export>,
    /// Addresses of data symbols that are exported as globals, behind `got`.
    pub address_globals: Vec<u64>,
    /// Function types, in order.
    pub types: Vec<SignatureIdx>,
    type_indices: Vec<u32>,
    /// What `__wasm_call_ctors` calls, in order: function, and how many results to drop.
    pub init_functions: Vec<(Callee, u32)>,
    /// Priority, file and symbol of each init function, in the same order: what an object says of them.
    pub init_symbols: Vec<(u32, FileIdx, u32)>,
    /// The function that runs at instantiation.
    pub start: Option<InputFunctionIdx>,
    /// The functions that initialise memory.
    pub init: InitFunctions,
    /// What the compact orders went by, if they were asked for.
    pub(crate) orders: Orders,
}

/// What a call or a table slot means: a defined function, or the symbol of an imported one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Callee {
    /// Defined by an object or the linker.
    Defined(InputFunctionIdx),
    /// Imported.
    Imported(SymbolIdx),
}

/// A symbol that position-independent code reaches through a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GotEntry {
    /// A global symbol.
    Global(SymbolIdx),
    /// A local symbol of an object.
    Local(FileIdx, u32),
}

/// The table of address-taken functions.
#[derive(Clone, Copy, Debug)]
pub struct IndirectTable {
    /// The symbol of the import, if it is imported.
    pub import: Option<SymbolIdx>,
    /// Its number among the tables, if it is defined.
    pub defined: Option<InputTableIdx>,
    /// Initial number of elements.
    pub minimum: u64,
    /// Whether it can grow.
    pub growable: bool,
}

/// Fixes every index and address. Adds the functions and symbols that only now turn out to be needed to `resolution`
/// and `live`.
///
/// # Errors
/// Undefined symbols, sizes that do not fit, features that clash; all of them, in LLD's order.
pub fn assign<'i>(
    options: &Options,
    allowed_undefined: &[String],
    resolution: &mut Resolution<'i>,
    live: &mut LiveSet,
    diagnostics: &mut Diagnostics,
) -> Result<Layout<'i>, Failed> {
    let has_mir = resolution.has_mir;
    let (compact_segments, compact_indices) = (options.compact_segments(has_mir), options.compact_indices(has_mir));
    let references = (compact_segments || compact_indices).then(|| References::count(resolution, live));
    let mut layout = Layout::empty(options);
    layout.resolve_indirect_table(options, resolution, live, false, diagnostics);
    diagnostics.checkpoint()?;
    let compact = references.as_ref().filter(|_| compact_segments);
    let uses = live.take_first_uses();
    let (segments, uses) = rayon::join(
        || layout.make_segments(options, resolution, live, compact, diagnostics),
        || uses.map(|uses| scan::Used::from(uses.orders())),
    );
    segments?;
    layout.place_memory(options, resolution, diagnostics);
    layout.define_init_flag(resolution, live);
    segments::define_start_stop(options, &layout.segments, resolution);
    exports::check_required(options, resolution, diagnostics);
    layout.infer_features(options, resolution, diagnostics);
    layout.combine_segments(options);
    let allowed = imports::allowed_undefined(options, allowed_undefined);
    layout.assign_imports(options, resolution, live, &allowed);
    layout.preempt_weak_functions(options, resolution);
    layout.scan(options, resolution, live, uses, &allowed, diagnostics);
    layout.size_indirect_table(options);
    layout.make_init_functions(options, resolution, live);
    layout.assign_indices(options, resolution, live, diagnostics);
    layout.collect_init_functions(options, resolution, live, diagnostics);
    layout.wrap_command_exports(options, resolution, live);
    diagnostics.checkpoint()?;
    layout.assign_types(resolution);
    if let Some(references) = references.filter(|_| compact_indices) {
        layout.order_indices(resolution, &references);
    }
    layout.assign_exports(options, resolution, live);
    // As in LLD, the map is written in spite of these errors: the next check of the diagnostics comes after it.
    layout.check_mutable_globals(options, resolution, diagnostics);
    Ok(layout)
}

impl<'i> Layout<'i> {
    fn empty(options: &Options) -> Self {
        Self {
            segments: Vec::new(),
            strings: Vec::new(),
            places: IndexVec::new(),
            uses_tls: false,
            memory: Memory::default(),
            features: BTreeSet::new(),
            emit_bss: false,
            imports: Vec::new(),
            import_indices: IndexMap::default(),
            imported_functions: 0,
            imported_globals: 0,
            imported_tags: 0,
            imported_tables: 0,
            undefined_stubs: HashMap::new(),
            elements: Vec::new(),
            slots: Slots::default(),
            table_base: if options.table_base == 0 && !options.is_pic() { 1 } else { options.table_base },
            indirect_table: None,
            functions: Vec::new(),
            function_indices: Vec::new(),
            globals: Vec::new(),
            global_indices: Vec::new(),
            got: Vec::new(),
            got_indices: HashMap::new(),
            got_imports: Vec::new(),
            got_import_indices: HashMap::new(),
            preempted: HashMap::new(),
            extended_const: false,
            dynamic_memory: DynamicMemory::default(),
            tags: Vec::new(),
            tag_indices: Vec::new(),
            tables: Vec::new(),
            table_indices: Vec::new(),
            exports: Vec::new(),
            address_globals: Vec::new(),
            types: Vec::new(),
            type_indices: Vec::new(),
            init_functions: Vec::new(),
            init_symbols: Vec::new(),
            start: None,
            init: InitFunctions::default(),
            orders: Orders::default(),
        }
    }
    /// Output index of a defined function, if it stays.
    #[inline]
    pub fn function_index(&self, function: InputFunctionIdx) -> Option<u32> {
        self.function_indices.get(function.index()).copied().filter(|&index| index != NONE)
    }
    /// All output indices of functions are below this.
    pub fn function_limit(&self) -> usize {
        self.imported_functions as usize + self.functions.len()
    }
    /// Output index of a defined global, if it stays.
    #[inline]
    pub fn global_index(&self, global: InputGlobalIdx) -> Option<u32> {
        self.global_indices.get(global.index()).copied().filter(|&index| index != NONE)
    }
    /// Output index of a defined tag, if it stays.
    pub fn tag_index(&self, tag: InputTagIdx) -> Option<u32> {
        self.tag_indices.get(tag.index()).copied().filter(|&index| index != NONE)
    }
    /// Output index of a defined table, if it stays.
    pub fn table_index(&self, table: InputTableIdx) -> Option<u32> {
        self.table_indices.get(table.index()).copied().filter(|&index| index != NONE)
    }
    /// Output index of an imported symbol, in the index space of its kind.
    #[inline]
    pub fn import_index(&self, symbol: SymbolIdx) -> Option<u32> {
        self.import_indices.get(&symbol).copied()
    }
    /// Output index of what an undefined function symbol calls: an import, or a trapping stub.
    pub fn undefined_function_index(&self, symbol: SymbolIdx) -> Option<u32> {
        let stub = self.undefined_stubs.get(&symbol).and_then(|&stub| self.function_index(stub));
        stub.or_else(|| self.import_index(symbol))
    }
    /// Whether trapping functions stand for undefined ones.
    pub fn has_undefined_stubs(&self) -> bool {
        !self.undefined_stubs.is_empty()
    }
    /// The trapping function that stands for an undefined one.
    pub fn undefined_stub(&self, symbol: SymbolIdx) -> Option<InputFunctionIdx> {
        self.undefined_stubs.get(&symbol).copied()
    }
    /// Table slot of a function, if its address is taken.
    #[inline]
    pub fn slot(&self, function: Callee) -> Option<u64> {
        self.slots.get(function).map(|slot| self.table_base + slot as u64)
    }
    /// Output index of the global that holds a symbol's address.
    pub fn got_index(&self, entry: GotEntry) -> Option<u32> {
        let internal = self.got_indices.get(&entry);
        internal
            .map(|&index| index + self.imported_globals + self.globals.len() as u32)
            .or_else(|| self.got_import(entry))
    }
    /// Output index of the imported global that holds a symbol's address.
    pub fn got_import(&self, entry: GotEntry) -> Option<u32> {
        match entry {
            GotEntry::Global(symbol) => self.got_import_indices.get(&symbol).copied(),
            GotEntry::Local(..) => None,
        }
    }
    /// Output index of a function type.
    #[inline]
    pub fn type_index(&self, signature: SignatureIdx) -> Option<u32> {
        self.type_indices.get(signature.index()).copied().filter(|&index| index != NONE)
    }
    /// Output segment and offset in it of a place in an input segment, if that stays.
    #[inline]
    pub fn segment_offset(&self, segment: InputSegmentIdx, offset: u64) -> Option<(usize, u64)> {
        let place = &self.places[segment];
        if place.output == NONE {
            return None;
        }
        let offset = match place.strings {
            NONE => (place.offset as u64).wrapping_add(offset),
            strings => {
                let strings = &self.strings[strings as usize];
                strings.offset.wrapping_add(strings.translate(place.offset as usize, offset))
            }
        };
        Some((place.output as usize, offset))
    }
    /// Address of a place in an input segment, if that stays.
    #[inline]
    pub fn address(&self, segment: InputSegmentIdx, offset: u64) -> Option<u64> {
        let (output, offset) = self.segment_offset(segment, offset)?;
        Some(self.segments[output].address.wrapping_add(offset))
    }
    /// Address of what a data symbol stands for; thread-local data counts from the start of its segment unless
    /// `absolute`.
    pub fn data_value(&self, definition: Definition, absolute: bool) -> Option<u64> {
        match definition {
            Definition::Data { segment, offset } => {
                let (output, offset) = self.segment_offset(segment, offset)?;
                let segment = &self.segments[output];
                let base = if segment.is_tls && !absolute { 0 } else { segment.address };
                Some(base.wrapping_add(offset))
            }
            Definition::Linker(data) => Some(self.linker_address(data)),
            Definition::Absolute(address) => Some(address),
            _ => None,
        }
    }
    /// Address of a thread-local symbol, counted from the start of its output segment. Also where that segment is not
    /// thread-local.
    pub fn tls_value(&self, definition: Definition) -> Option<u64> {
        match definition {
            Definition::Data { segment, offset } => self.segment_offset(segment, offset).map(|(_, offset)| offset),
            _ => self.data_value(definition, false),
        }
    }
    /// Address of a data symbol of the linker.
    pub fn linker_address(&self, data: DataSymbol) -> u64 {
        let memory = &self.memory;
        match data {
            DataSymbol::DsoHandle | DataSymbol::GlobalBase => memory.data_start,
            DataSymbol::DataEnd => memory.data_end,
            DataSymbol::StackLow => memory.stack_low,
            DataSymbol::StackHigh => memory.stack_high,
            DataSymbol::HeapBase => memory.heap_base,
            DataSymbol::HeapEnd => memory.heap_end,
            DataSymbol::MemoryBase => 0,
            DataSymbol::TableBase => self.table_base,
            DataSymbol::FirstPageEnd => memory.page_size,
        }
    }
    /// Whether an output segment takes bytes in the output.
    pub fn in_binary(&self, segment: &OutputSegment) -> bool {
        !segment.is_bss || self.emit_bss
    }

    /// Whether `__wasm_init_memory` fills a segment.
    pub fn is_passive(&self, options: &Options, segment: &OutputSegment) -> bool {
        options.shared_memory || (options.import_memory.is_some() && !self.in_binary(segment))
    }
}
