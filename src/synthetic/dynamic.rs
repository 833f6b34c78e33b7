//! Functions of position-independent and dynamically linked modules: they relocate what the dynamic linker placed.

use super::body::{self, Body};
use super::thread_local::tls_base;
use crate::index::*;
use crate::layout::{Callee, GotEntry, Layout};
use crate::leb;
use crate::liveness::LiveSet;
use crate::mir::{Global, MemArg, tag};
use crate::object::SymbolKind;
use crate::object::relocations::{Field, Relocation, Target};
use crate::options::Options;
use crate::par;
use crate::relocate::{Place, Relocator};
use crate::resolve::{Definition, Resolution};

/// What wasm-ld says of every store, of eight bytes too.
const STORE: MemArg = MemArg::new(0, 2);

/// Relocation bytes that one task turns into code, about.
const TASK_WEIGHT: usize = 1 << 16;

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
    pub fn append(&self, address: u64, file: FileIdx, local: u32, body: &mut Body) {
        let contents = &self.resolution.files[file].contents;
        let segment = contents.segments.at(local as usize);
        for relocation in contents.segment_relocations(&segment) {
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
        body: &mut Body,
    ) {
        body.address(field);
        if self.options.is_pic() {
            self.push_base_of_segment(body);
            body.add();
        }
        let wide = matches!(relocation.kind.field(), Field::Word8 | Field::Unsigned10 | Field::Signed10);
        let (add, store) = match wide {
            true => (tag::I64_ADD, tag::I64_STORE),
            false => (tag::I32_ADD, tag::I32_STORE),
        };
        match got {
            Some(got) => {
                body.code.global_get(Global(got));
                if relocation.addend != 0 {
                    body.constant(wide, relocation.addend);
                    body.code.op(add);
                }
            }
            None => {
                let Self { resolution, live, layout, .. } = *self;
                let relocator = Relocator { resolution, live, layout, offsets: None, table: None };
                self.push_base_of_value(file, relocation, body);
                body.constant(wide, relocator.value(file, relocation, place) as i64);
                body.code.op(add);
            }
        }
        body.code.memory(store, STORE);
    }

    fn push_base_of_segment(&self, body: &mut Body) {
        match tls_base(self.resolution) {
            Some(tls_base) if self.is_tls => body.get(tls_base),
            _ => body.get_import(self.resolution.known.memory_base),
        }
    }

    fn push_base_of_value(&self, file: FileIdx, relocation: &Relocation, body: &mut Body) {
        let known = &self.resolution.known;
        if relocation.kind.target() == Target::TableSlot {
            return body.get_import(known.table_base);
        }
        let is_tls = || self.layout.is_tls_entry(self.resolution, self.entry(file, relocation));
        match tls_base(self.resolution) {
            Some(tls_base) if is_tls() => body.get(tls_base),
            _ => body.get_import(known.memory_base),
        }
    }
}

/// Appends the body of `__wasm_apply_data_relocs`: all of static data, pieces of it in parallel.
pub fn apply_data_relocs(stores: &Stores, out: &mut Vec<u8>) {
    let inputs: Vec<_> = stores.layout.data_inputs(stores.options, stores.resolution).collect();
    let weights = inputs.iter().map(|&(_, file, local)| {
        let segment = stores.resolution.files[file].contents.segments.at(local as usize);
        (segment.relocations_end - segment.relocations) as usize
    });
    let ranges = par::balanced_ranges(weights, TASK_WEIGHT);
    let pieces = par::map(ranges.len(), |i| {
        let mut out = Vec::new();
        body::write(stores.options, stores.layout, 0, &mut out, |body| {
            for &(address, file, local) in &inputs[ranges[i].clone()] {
                stores.append(address, file, local, body);
            }
        });
        out
    });
    // Each piece is a function, between its count of locals, which is 0, and its `end`.
    leb::push_unsigned(out, 0);
    pieces.iter().for_each(|piece| out.extend_from_slice(&piece[1..piece.len() - 1]));
    out.push(tag::END);
}

/// `__wasm_apply_global_relocs`: GOT entries of what the module defines become addresses and table slots.
pub fn apply_global_relocs(resolution: &Resolution, body: &mut Body) {
    let layout = body.layout;
    for &entry in layout.got.iter().filter(|&&entry| !layout.is_tls_entry(resolution, entry)) {
        let Some((base, offset)) = got_place(resolution, layout, entry) else { continue };
        let Some(index) = layout.got_index(entry) else { continue };
        body.get_import(base);
        body.address(offset);
        body.add();
        body.code.global_set(Global(index));
    }
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
pub fn start(body: &mut Body) {
    let init = body.layout.init;
    [init.apply_global, init.memory].into_iter().flatten().for_each(|function| body.call(function));
}
