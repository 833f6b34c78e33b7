//! Functions that set up one thread's data: `__wasm_init_tls` and those that it calls.

use super::dynamic::Stores;
use crate::index::*;
use crate::layout::{GotEntry, Layout};
use crate::mir::{Function, Inst};
use crate::options::Options;
use crate::resolve::{Definition, Resolution};
use wasm_encoder::Instruction;

/// The global `__tls_base`, if the linker made it.
pub fn tls_base(resolution: &Resolution) -> Option<InputGlobalIdx> {
    match resolution.definitions[resolution.known.tls_base?] {
        Definition::Global(global) => Some(global),
        _ => None,
    }
}

/// `__wasm_init_tls(address)`: makes the memory at `address` this thread's thread-local data.
pub fn init_tls(resolution: &Resolution, layout: &Layout) -> Function {
    let mut function = Function::default();
    let segment = layout.segments.iter().enumerate().find(|(_, segment)| segment.is_tls);
    if let (Some((index, segment)), Some(tls_base)) = (segment, tls_base(resolution)) {
        function.plain(Instruction::LocalGet(0));
        function.body.push(Inst::GlobalSet(tls_base));
        function.plain(Instruction::LocalGet(0));
        function.plain(Instruction::I32Const(0));
        function.plain(Instruction::I32Const(segment.size as u32 as i32));
        function.plain(Instruction::MemoryInit { mem: 0, data_index: index as u32 });
    }
    let relocate = [layout.init.apply_tls, layout.init.apply_global_tls];
    function.body.extend(relocate.into_iter().flatten().map(Inst::Call));
    function
}

/// `__wasm_apply_global_tls_relocs`: GOT entries of thread-local data become addresses in this thread's copy.
pub fn apply_global_relocs(options: &Options, resolution: &Resolution, layout: &Layout) -> Function {
    let mut function = Function::default();
    let Some(tls_base) = tls_base(resolution) else { return function };
    for &entry in layout.got.iter().filter(|&&entry| layout.is_tls_entry(resolution, entry)) {
        let definition = match entry {
            GotEntry::Global(symbol) => resolution.definitions[symbol],
            GotEntry::Local(file, symbol) => resolution.local_definition(file, symbol),
        };
        if let (Some(offset), Some(index)) = (layout.tls_value(definition), layout.got_index(entry)) {
            function.body.push(Inst::GlobalGet(tls_base));
            function.body.push(Inst::Address(offset));
            function.plain(if options.is_64 == Some(true) { Instruction::I64Add } else { Instruction::I32Add });
            function.plain(Instruction::GlobalSet(index));
        }
    }
    function
}

/// `__wasm_apply_tls_relocs`: stores what thread-local data refers to through GOT entries; in position-independent
/// output everything that it refers to.
///
/// At fixed addresses it stores into the first thread's copy whichever thread calls it, as LLD's does.
pub fn apply_relocs(stores: &Stores) -> Function {
    let mut function = Function::default();
    for (address, file, local) in stores.layout.tls_inputs(stores.resolution) {
        stores.append(address, file, local, &mut function.body);
    }
    function
}
