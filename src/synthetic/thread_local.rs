//! Functions that set up one thread's data: `__wasm_init_tls` and those that it calls.

use super::body::Body;
use super::dynamic::Stores;
use crate::index::*;
use crate::layout::GotEntry;
use crate::mir::{Global, Local};
use crate::resolve::{Definition, Resolution};

/// The global `__tls_base`, if the linker made it.
pub fn tls_base(resolution: &Resolution) -> Option<InputGlobalIdx> {
    match resolution.definitions[resolution.known.tls_base?] {
        Definition::Global(global) => Some(global),
        _ => None,
    }
}

/// `__wasm_init_tls(address)`: makes the memory at `address` this thread's thread-local data.
pub fn init_tls(resolution: &Resolution, body: &mut Body) {
    const ADDRESS: Local = Local(0);
    let layout = body.layout;
    let segment = layout.segments.iter().enumerate().find(|(_, segment)| segment.is_tls);
    if let (Some((index, segment)), Some(tls_base)) = (segment, tls_base(resolution)) {
        body.code.local_get(ADDRESS);
        body.set(tls_base);
        body.code.local_get(ADDRESS).i32_const(0).i32_const(segment.size as u32 as i32).memory_init(index as u32);
    }
    let relocate = [layout.init.apply_tls, layout.init.apply_global_tls];
    relocate.into_iter().flatten().for_each(|function| body.call(function));
}

/// `__wasm_apply_global_tls_relocs`: GOT entries of thread-local data become addresses in this thread's copy.
pub fn apply_global_relocs(resolution: &Resolution, body: &mut Body) {
    let layout = body.layout;
    let Some(tls_base) = tls_base(resolution) else { return };
    for &entry in layout.got.iter().filter(|&&entry| layout.is_tls_entry(resolution, entry)) {
        let definition = match entry {
            GotEntry::Global(symbol) => resolution.definitions[symbol],
            GotEntry::Local(file, symbol) => resolution.local_definition(file, symbol),
        };
        if let (Some(offset), Some(index)) = (layout.tls_value(definition), layout.got_index(entry)) {
            body.get(tls_base);
            body.address(offset);
            body.add();
            body.code.global_set(Global(index));
        }
    }
}

/// `__wasm_apply_tls_relocs`: stores what thread-local data refers to through GOT entries; in position-independent
/// output everything that it refers to.
///
/// At fixed addresses it stores into the first thread's copy whichever thread calls it, as LLD's does.
pub fn apply_relocs(stores: &Stores, body: &mut Body) {
    for (address, file, local) in stores.layout.tls_inputs(stores.resolution) {
        stores.append(address, file, local, body);
    }
}
