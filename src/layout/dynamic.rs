//! What only position-independent and dynamically linked output has: imported GOT entries, one data segment, functions
//! that relocate data, definitions that another module may replace.

use super::init_functions::make;
use super::look::{Found, Looker};
use super::{Chunk, GotEntry, Layout, OutputSegment};
use crate::diagnostic::{Diagnostics, Kind};
use crate::index::*;
use crate::linker_defined as linker;
use crate::liveness::LiveSet;
use crate::object::relocations::{Field, Relocation, Target};
use crate::object::{SymbolFlags, SymbolKind};
use crate::options::{Options, Unresolved};
use crate::resolve::symbol::State;
use crate::resolve::{Definition, Resolution, Role, bits};

/// What the module tells the dynamic linker about memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct DynamicMemory {
    /// Bytes of static data; 0 in modules at fixed addresses.
    pub size: u64,
    /// Alignment of static data as a power of two.
    pub alignment: u32,
}

impl<'i> Layout<'i> {
    /// Joins all data segments: without `extended-const` an initialiser cannot add to `__memory_base`, so there is
    /// one segment, right there, and those that take no bytes. With threads segments are passive and stay as they are.
    pub(super) fn combine_segments(&mut self, options: &Options) {
        let keep = !options.is_pic() || self.extended_const || options.shared_memory || self.segments.len() <= 1;
        if keep {
            return;
        }
        let start = self.segments[0].address;
        let mut combined = OutputSegment {
            name: ".data",
            chunks: Vec::with_capacity(self.segments.iter().map(|segment| segment.chunks.len()).sum()),
            alignment: 0,
            size: 0,
            address: start,
            is_bss: false,
            is_tls: false,
        };
        // New index of each segment, and what is added to offsets in it.
        let mut moves = Vec::with_capacity(self.segments.len());
        let mut apart = Vec::new();
        for segment in std::mem::take(&mut self.segments) {
            if !self.in_binary(&segment) {
                apart.push(segment);
                moves.push((apart.len() as u32, 0));
                continue;
            }
            let base = segment.address - start;
            moves.push((0, base));
            combined.alignment = combined.alignment.max(segment.alignment);
            combined.size = base + segment.size;
            combined.chunks.extend(segment.chunks.iter().map(|&(chunk, offset)| (chunk, base + offset)));
            for &(chunk, _) in &segment.chunks {
                if let Chunk::Strings(strings) = chunk {
                    self.strings[strings as usize].offset += base;
                }
            }
        }
        for place in self.places.iter_mut().filter(|place| place.output != super::NONE) {
            let (output, base) = moves[place.output as usize];
            place.output = output;
            if place.strings == super::NONE {
                // If it has 4 GiB or more, the data section is too large, which is found out when it is planned.
                place.offset = place.offset.wrapping_add(base as u32);
            }
        }
        self.segments.push(combined);
        self.segments.append(&mut apart);
    }

    /// In a shared library another module may replace a weak function: calls go to the import of that name, what is
    /// defined here is only exported.
    pub(super) fn preempt_weak_functions(&mut self, options: &Options, resolution: &mut Resolution<'i>) {
        if !options.shared {
            return;
        }
        for import in &self.imports {
            let at = import.symbol();
            if let Definition::Function(function) = resolution.definitions[at] {
                resolution.definitions[at] = Definition::Undefined;
                self.preempted.insert(at, function);
            }
        }
    }

    /// What the module itself defines as `symbol`, even if calls may go elsewhere.
    pub fn own_definition(&self, resolution: &Resolution, symbol: SymbolIdx) -> Definition {
        self.preempted.get(&symbol).map_or(resolution.definitions[symbol], |&function| Definition::Function(function))
    }

    /// Imports a GOT entry, unless that has been done.
    pub(super) fn import_got_entry(&mut self, options: &Options, resolution: &mut Resolution<'i>, at: SymbolIdx) {
        if self.got_import_indices.contains_key(&at) {
            return;
        }
        self.got_import_indices.insert(at, self.imported_globals);
        self.imported_globals += 1;
        self.got_imports.push(at);
        if options.is_pic() {
            // The dynamic linker fills the entry with what this module exports, if no other module comes first.
            resolution.symbols[at].bits |= bits::FORCE_EXPORT;
        }
    }

    /// Whether an internal GOT entry gets its value when the module starts.
    pub fn is_set_at_start(&self, options: &Options, resolution: &Resolution, entry: GotEntry) -> bool {
        let stub = matches!(entry, GotEntry::Global(at) if resolution.symbols[at].is(bits::STUB));
        if stub {
            return false;
        }
        match self.is_tls_entry(resolution, entry) {
            true => options.shared_memory,
            false => options.is_pic() && !self.extended_const,
        }
    }

    /// Makes `__wasm_apply_data_relocs`, if static data has fields that only the dynamic linker's choice decides.
    pub(super) fn make_apply_data_relocs(
        &mut self,
        options: &Options,
        resolution: &mut Resolution<'i>,
        live: &mut LiveSet,
    ) {
        if !resolution.is_dynamic(options) || !self.has_runtime_relocations(options, resolution) {
            return;
        }
        self.init.apply_data = Some(make(resolution, live, linker::APPLY_DATA_RELOCS, Role::ApplyDataRelocs));
        if let Some(at) = resolution.find(linker::APPLY_DATA_RELOCS) {
            resolution.symbols[at].flags = SymbolFlags(SymbolFlags::EXPORTED);
        }
    }

    fn has_runtime_relocations(&self, options: &Options, resolution: &Resolution) -> bool {
        self.data_inputs(options, resolution).any(|(_, file, local)| {
            let contents = &resolution.files[file].contents;
            let mut relocations = contents.segment_relocations(&contents.segments.at(local as usize));
            match options.is_pic() {
                true => !relocations.is_empty(),
                false => relocations.any(|relocation| {
                    let target = resolution.target(file, relocation.index);
                    target.is_some_and(|target| self.got_import_indices.contains_key(&target))
                }),
            }
        })
    }

    /// The input segments that `__wasm_apply_data_relocs` relocates: address, object, segment.
    pub fn data_inputs(
        &self,
        options: &Options,
        resolution: &Resolution<'i>,
    ) -> impl Iterator<Item = (u64, FileIdx, u32)> {
        let segments = self.segments.iter().filter(|segment| !options.shared_memory || !segment.is_tls);
        let chunks =
            segments.flat_map(|segment| segment.chunks.iter().map(|&(chunk, at)| (chunk, segment.address + at)));
        chunks.filter_map(|(chunk, address)| match chunk {
            Chunk::Input(index) => resolution.segments.locate(index).map(|(file, local)| (address, file, local)),
            Chunk::Strings(_) => None,
        })
    }

    /// Makes `__wasm_apply_global_relocs`, and `__wasm_start` if memory must be filled too.
    pub(super) fn make_start_functions(
        &mut self,
        options: &Options,
        resolution: &mut Resolution<'i>,
        live: &mut LiveSet,
    ) {
        let needed = options.is_pic()
            && !self.extended_const
            && self.got.iter().any(|&entry| !self.is_tls_entry(resolution, entry));
        if !needed {
            return;
        }
        let apply = make(resolution, live, linker::APPLY_GLOBAL_RELOCS, Role::ApplyGlobalRelocs);
        self.init.apply_global = Some(apply);
        self.start = Some(match self.init.memory {
            Some(_) => make(resolution, live, linker::START, Role::Start),
            None => apply,
        });
    }
}

/// Whether a relocation counts from the module's own data or table entries.
pub(super) fn is_relative(target: Target) -> bool {
    matches!(target, Target::TableSlotRelative | Target::AddressRelative)
}

impl Looker<'_, '_, '_> {
    /// Looks at what a static link looks at, and more, for output that is linked dynamically.
    pub(super) fn look_at_dynamic(&mut self, relocation: Relocation) {
        let (options, resolution, index) = (self.look.options, self.look.resolution, relocation.index);
        let target = relocation.kind.target();
        if target == Target::TypeIndex {
            return self.look_at_target(relocation);
        }
        let at = resolution.target(self.file, index);
        let through_got = at.is_some_and(|at| resolution.requires_got(options, at));
        let state = at.map(|at| resolution.symbols[at].state);
        let is_undefined = state == Some(State::Undefined);
        match target {
            Target::TableSlot | Target::TableSlotRelative if through_got => {}
            Target::GlobalIndex if through_got && resolution.kind(self.file, index) != SymbolKind::Global => {
                if self.seen.gots.insert(index as usize) {
                    self.found.push(Found::GotImport(index));
                }
            }
            _ => self.look_at_target(relocation),
        }
        let imported = is_undefined && options.unresolved == Unresolved::ImportDynamic;
        if options.is_pic() || imported || state == Some(State::Shared) {
            let in_data = matches!(relocation.kind.field(), Field::Word4 | Field::Word8);
            match target {
                Target::TableSlot | Target::Address if !in_data => self.found.push(Found::Absolute(relocation)),
                Target::TableSlot | Target::Address if through_got && self.seen.gots.insert(index as usize) => {
                    self.found.push(Found::GotImport(index));
                }
                _ => {}
            }
        }
        if is_undefined && is_relative(target) {
            self.found.push(Found::RelativeUndefined(relocation));
        }
        let undefined = match at {
            Some(at) => is_undefined && !resolution.symbols[at].flags.is_weak(),
            None => self.content.object.symbols[index as usize].flags.is_undefined(),
        };
        if undefined {
            self.found.push(Found::Undefined(index));
        }
    }
}

/// Reports a relocation that output of this kind cannot have.
pub(super) fn report_relocation(
    options: &Options,
    resolution: &Resolution,
    file: FileIdx,
    relocation: Relocation,
    problem: &str,
    diagnostics: &mut Diagnostics,
) {
    let object = &resolution.files[file].object;
    let name =
        crate::resolve::display_name(object.text(object.symbols[relocation.index as usize].name), options.demangle);
    let problem = problem.replace("{}", &name);
    diagnostics.error(Kind::Symbol, format!("{}: relocation {:?} {problem}", object.name, relocation.kind));
}
