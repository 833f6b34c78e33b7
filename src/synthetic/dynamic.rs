//! Functions of position-independent and dynamically linked modules: they relocate what the dynamic linker placed.

use super::thread_local::tls_base;
use crate::index::*;
use crate::layout::{Callee, GotEntry, Layout};
use crate::leb;
use crate::liveness::LiveSet;
use crate::mir::{Function, Inst, Targets, lower_body};
use crate::object::SymbolKind;
use crate::object::relocations::{Field, Relocation, Target};
use crate::options::Options;
use crate::par;
use crate::relocate::{Place, Relocator};
use crate::resolve::{Definition, Resolution};
use wasm_encoder::{Encode, Instruction, MemArg, MemArgTarget};

/// What wasm-ld says of every store, of eight bytes too.
const STORE: MemArg = MemArg { offset: 0, align: 2, target: MemArgTarget::Memory(0), ordering: None };

/// Relocation bytes that one task turns into code, about.
const TASK_WEIGHT: usize = 1 << 16;

/// Adds two addresses.
pub fn add(options: &Options) -> Instruction<'static> {
    if options.is_64 == Some(true) { Instruction::I64Add } else { Instruction::I32Add }
}

/// Pushes an imported global.
pub fn get_import(layout: &Layout, symbol: Option<SymbolIdx>) -> Inst {
    let index = symbol.and_then(|symbol| layout.import_index(symbol)).unwrap_or(0);
    Inst::Plain(Instruction::GlobalGet(index))
}

/// Code that stores into input segments what is only known when the module is loaded.
pub struct Stores<'a, 'i> {
    /// Options.
    pub options: &'a Options,
    /// What symbols stand for.
    pub resolution: &'a Resolution<'i>,
    /// What is in the output.
    pub live: &'a LiveSet,
    /// Indices and addresses.
    pub layout: &'a Layout<'i>,
    /// Whether GOT entries that the module fills itself count. They do not while static data is relocated: that may be
    /// before they are filled.
    pub internal_got: bool,
    /// The segments are thread-local.
    pub is_tls: bool,
}

impl Stores<'_, '_> {
    /// Appends the stores for a segment of an object, which lies at `address`.
    pub fn append(&self, address: u64, file: FileIdx, local: u32, body: &mut Vec<Inst>) {
        let contents = &self.resolution.files[file].contents;
        let segment = &contents.segments[local as usize];
        for relocation in contents.segment_relocations(segment) {
            let entry = self.entry(file, &relocation);
            let got = match self.internal_got {
                true => self.layout.got_index(entry),
                false => self.layout.got_import(entry),
            };
            if got.is_some() || self.options.is_pic() {
                let field = address.wrapping_add((relocation.offset - segment.offset) as u64);
                let place = Place { tombstone: 0, address: address.wrapping_sub(segment.offset as u64) };
                self.store(file, &relocation, (field, place), got, body);
            }
        }
    }

    fn entry(&self, file: FileIdx, relocation: &Relocation) -> GotEntry {
        let symbol = self.resolution.target(file, relocation.index);
        symbol.map_or(GotEntry::Local(file, relocation.index), GotEntry::Global)
    }

    fn store(
        &self,
        file: FileIdx,
        relocation: &Relocation,
        (field, place): (u64, Place),
        got: Option<u32>,
        body: &mut Vec<Inst>,
    ) {
        let options = self.options;
        body.push(Inst::Address(field));
        if options.is_pic() {
            body.push(self.base_of_segment());
            body.push(Inst::Plain(add(options)));
        }
        let wide = matches!(relocation.kind.field(), Field::Word8 | Field::Unsigned10 | Field::Signed10);
        let constant = |value: i64| match wide {
            true => Instruction::I64Const(value),
            false => Instruction::I32Const(value as i32),
        };
        let add = if wide { Instruction::I64Add } else { Instruction::I32Add };
        match got {
            Some(got) => {
                body.push(Inst::Plain(Instruction::GlobalGet(got)));
                if relocation.addend != 0 {
                    body.push(Inst::Plain(constant(relocation.addend)));
                    body.push(Inst::Plain(add));
                }
            }
            None => {
                let Self { resolution, live, layout, .. } = *self;
                let relocator = Relocator { resolution, live, layout, offsets: None, table: None };
                body.push(self.base_of_value(file, relocation));
                body.push(Inst::Plain(constant(relocator.value(file, relocation, place) as i64)));
                body.push(Inst::Plain(add));
            }
        }
        body.push(Inst::Plain(if wide { Instruction::I64Store(STORE) } else { Instruction::I32Store(STORE) }));
    }

    fn base_of_segment(&self) -> Inst {
        match tls_base(self.resolution) {
            Some(tls_base) if self.is_tls => Inst::GlobalGet(tls_base),
            _ => get_import(self.layout, self.resolution.known.memory_base),
        }
    }

    fn base_of_value(&self, file: FileIdx, relocation: &Relocation) -> Inst {
        let known = &self.resolution.known;
        if relocation.kind.target() == Target::TableSlot {
            return get_import(self.layout, known.table_base);
        }
        let is_tls = || self.layout.is_tls_entry(self.resolution, self.entry(file, relocation));
        match tls_base(self.resolution) {
            Some(tls_base) if is_tls() => Inst::GlobalGet(tls_base),
            _ => get_import(self.layout, known.memory_base),
        }
    }
}

/// Appends the body of `__wasm_apply_data_relocs`: all of static data, pieces of it in parallel.
pub fn apply_data_relocs(stores: &Stores, targets: &(impl Targets + Sync), out: &mut Vec<u8>) {
    let inputs: Vec<_> = stores.layout.data_inputs(stores.options, stores.resolution).collect();
    let weights = inputs.iter().map(|&(_, file, local)| {
        let segment = &stores.resolution.files[file].contents.segments[local as usize];
        (segment.relocations_end - segment.relocations) as usize
    });
    let ranges = par::balanced_ranges(weights, TASK_WEIGHT);
    let pieces = par::map(ranges.len(), |i| {
        let (mut insts, mut out) = (Vec::new(), Vec::new());
        for &(address, file, local) in &inputs[ranges[i].clone()] {
            stores.append(address, file, local, &mut insts);
            lower_body(&insts, targets, &mut out);
            insts.clear();
        }
        out
    });
    leb::push_unsigned(out, 0);
    pieces.iter().for_each(|piece| out.extend_from_slice(piece));
    Instruction::End.encode(out);
}

/// `__wasm_apply_global_relocs`: GOT entries of what the module defines become addresses and table slots.
pub fn apply_global_relocs(options: &Options, resolution: &Resolution, layout: &Layout) -> Function {
    let mut function = Function::default();
    for &entry in layout.got.iter().filter(|&&entry| !layout.is_tls_entry(resolution, entry)) {
        let Some((base, offset)) = got_place(resolution, layout, entry) else { continue };
        let Some(index) = layout.got_index(entry) else { continue };
        function.body.push(get_import(layout, base));
        function.body.push(Inst::Address(offset));
        function.plain(add(options));
        function.plain(Instruction::GlobalSet(index));
    }
    function
}

/// What an internal GOT entry counts from (`__memory_base` or `__table_base`) and how far from it it is; `None` if it
/// is null: a trapping stub, or data that is missing.
pub fn got_place(resolution: &Resolution, layout: &Layout, entry: GotEntry) -> Option<(Option<SymbolIdx>, u64)> {
    let (symbol, definition, kind) = match entry {
        GotEntry::Global(at) => (Some(at), resolution.definitions[at], resolution.symbols[at].kind),
        GotEntry::Local(file, symbol) => {
            let kind = resolution.files[file].object.symbols[symbol as usize].kind;
            (None, resolution.local_definition(file, symbol), kind)
        }
    };
    if kind != SymbolKind::Function {
        let value = layout.data_value(definition, true)?;
        return Some((resolution.known.memory_base, value));
    }
    if symbol.is_some_and(|at| resolution.symbols[at].is(crate::resolve::bits::STUB)) {
        return None;
    }
    let callee = match (definition, symbol) {
        (Definition::Function(function), _) => Callee::Defined(function),
        (_, Some(at)) => Callee::Imported(at),
        _ => return None,
    };
    Some((resolution.known.table_base, layout.slot(callee).unwrap_or(0)))
}

/// `__wasm_start`: GOT entries, then memory.
pub fn start(layout: &Layout) -> Function {
    let functions = [layout.init.apply_global, layout.init.memory];
    Function { locals: Vec::new(), body: functions.into_iter().flatten().map(Inst::Call).collect() }
}
