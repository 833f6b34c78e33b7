//! Functions that the linker makes once segments and GOT entries are known: those that fill memory and those that set
//! up what belongs to one thread.

use super::{Chunk, GotEntry, Layout};
use crate::index::*;
use crate::linker_defined as linker;
use crate::liveness::LiveSet;
use crate::object::SymbolFlags;
use crate::object::linking::SEGMENT_TLS;
use crate::options::Options;
use crate::resolve::{Definition, LinkerFunction, Resolution, Role};

/// The functions that initialise memory and thread-local data, as far as the module needs them.
#[derive(Clone, Copy, Debug, Default)]
pub struct InitFunctions {
    /// `__wasm_init_memory`: fills memory from passive segments.
    pub memory: Option<InputFunctionIdx>,
    /// `__wasm_apply_data_relocs`: relocates static data.
    pub apply_data: Option<InputFunctionIdx>,
    /// `__wasm_apply_global_relocs`: sets the GOT entries of what the module defines.
    pub apply_global: Option<InputFunctionIdx>,
    /// `__wasm_apply_global_tls_relocs`: sets the GOT entries of thread-local data.
    pub apply_global_tls: Option<InputFunctionIdx>,
    /// `__wasm_apply_tls_relocs`: stores what thread-local data refers to through GOT entries.
    pub apply_tls: Option<InputFunctionIdx>,
}

impl<'i> Layout<'i> {
    /// Makes those of [`InitFunctions`] that are needed, in LLD's order.
    pub(super) fn make_init_functions(
        &mut self,
        options: &Options,
        resolution: &mut Resolution<'i>,
        live: &mut LiveSet,
    ) {
        if options.relocatable {
            return;
        }
        self.make_apply_data_relocs(options, resolution, live);
        if self.segments.iter().any(|segment| self.is_passive(options, segment)) {
            let function = make(resolution, live, linker::INIT_MEMORY, Role::InitMemory);
            self.init.memory = Some(function);
            self.start = Some(function);
            // Memory's first filling sets the first thread's `__tls_base`.
            keep_tls_base(options, resolution, live);
        }
        if options.shared_memory {
            self.make_tls_functions(options, resolution, live);
        }
        self.make_start_functions(options, resolution, live);
    }

    fn make_tls_functions(&mut self, options: &Options, resolution: &mut Resolution<'i>, live: &mut LiveSet) {
        if self.got.iter().any(|&entry| self.is_tls_entry(resolution, entry)) {
            let function = make(resolution, live, linker::APPLY_GLOBAL_TLS_RELOCS, Role::ApplyGlobalTlsRelocs);
            self.init.apply_global_tls = Some(function);
            keep_tls_base(options, resolution, live);
        }
        if self.tls_inputs(resolution).any(|(_, file, local)| {
            let contents = &resolution.files[file].contents;
            !contents.segment_relocations(&contents.segments.at(local as usize)).is_empty()
        }) {
            self.init.apply_tls = Some(make(resolution, live, linker::APPLY_TLS_RELOCS, Role::ApplyTlsRelocs));
        }
    }

    /// The input segments of thread-local data that are not merged strings, in order: address, object, segment.
    pub fn tls_inputs(&self, resolution: &Resolution<'i>) -> impl Iterator<Item = (u64, FileIdx, u32)> {
        let segments = self.segments.iter().filter(|segment| segment.is_tls);
        let chunks =
            segments.flat_map(|segment| segment.chunks.iter().map(|&(chunk, at)| (chunk, segment.address + at)));
        chunks.filter_map(|(chunk, address)| match chunk {
            Chunk::Input(index) => resolution.segments.locate(index).map(|(file, local)| (address, file, local)),
            Chunk::Strings(_) => None,
        })
    }

    /// Whether a GOT entry is for thread-local data. Old objects say so of the segment only.
    pub fn is_tls_entry(&self, resolution: &Resolution, entry: GotEntry) -> bool {
        let (flags, definition) = match entry {
            GotEntry::Global(symbol) => (resolution.symbols[symbol].flags, resolution.definitions[symbol]),
            GotEntry::Local(file, symbol) => {
                let flags = resolution.files[file].object.symbols[symbol as usize].flags;
                (flags, resolution.local_definition(file, symbol))
            }
        };
        let Definition::Data { segment, .. } = definition else { return flags.has(SymbolFlags::TLS) };
        let in_tls_segment = || {
            let (file, local) = resolution.segments.locate(segment)?;
            Some(resolution.files[file].object.info_of_segment(local as usize).flags & SEGMENT_TLS != 0)
        };
        flags.has(SymbolFlags::TLS) || in_tls_segment().unwrap_or(false)
    }
}

fn keep_tls_base(options: &Options, resolution: &Resolution, live: &mut LiveSet) {
    if options.shared_memory
        && let Some(tls_base) = resolution.known.tls_base
        && let Definition::Global(global) = resolution.definitions[tls_base]
    {
        live.keep_global(global);
    }
}

/// Makes a function of no parameters and results, and its symbol.
pub(super) fn make<'i>(
    resolution: &mut Resolution<'i>,
    live: &mut LiveSet,
    name: &'static str,
    role: Role,
) -> InputFunctionIdx {
    let signature = resolution.empty_signature();
    let function = resolution.add_function(LinkerFunction {
        role,
        name: name.into(),
        symbol_name: name.into(),
        export_name: None,
        signature,
    });
    live.keep_function(function);
    let symbol = resolution.find(name).unwrap_or_else(|| resolution.add_symbol(name));
    resolution.define_function(symbol, function, SymbolFlags::HIDDEN);
    function
}
