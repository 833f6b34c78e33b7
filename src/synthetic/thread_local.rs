//! Functions that set up one thread's data: `__wasm_init_tls` and those that it calls.

use crate::index::*;
use crate::layout::{GotEntry, Layout};
use crate::mir::{Function, Inst};
use crate::object::relocations::{Field, Relocation};
use crate::options::Options;
use crate::resolve::{Definition, Resolution};
use wasm_encoder::{Instruction, MemArg, MemArgTarget};

/// What wasm-ld says of every store, of eight bytes too.
const STORE: MemArg = MemArg { offset: 0, align: 2, target: MemArgTarget::Memory(0), ordering: None };

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

/// `__wasm_apply_tls_relocs`: stores GOT entries where thread-local data refers to them.
///
/// It stores into the first thread's copy whichever thread calls it, as LLD's does. References without a GOT entry are
/// part of the data already.
pub fn apply_relocs(resolution: &Resolution, layout: &Layout) -> Function {
    let mut function = Function::default();
    for (address, file, local) in layout.tls_inputs(resolution) {
        let contents = &resolution.files[file].contents;
        let segment = &contents.segments[local as usize];
        for relocation in contents.segment_relocations(segment) {
            let symbol = resolution.target(file, relocation.index);
            let entry = symbol.map_or(GotEntry::Local(file, relocation.index), GotEntry::Global);
            if let Some(got) = layout.got_index(entry) {
                let field = address.wrapping_add((relocation.offset - segment.offset) as u64);
                store_got_entry(&mut function, field, got, &relocation);
            }
        }
    }
    function
}

fn store_got_entry(function: &mut Function, address: u64, got: u32, relocation: &Relocation) {
    let wide = matches!(relocation.kind.field(), Field::Word8 | Field::Unsigned10 | Field::Signed10);
    function.body.push(Inst::Address(address));
    function.plain(Instruction::GlobalGet(got));
    if relocation.addend != 0 {
        function.plain(match wide {
            true => Instruction::I64Const(relocation.addend),
            false => Instruction::I32Const(relocation.addend as i32),
        });
        function.plain(if wide { Instruction::I64Add } else { Instruction::I32Add });
    }
    function.plain(if wide { Instruction::I64Store(STORE) } else { Instruction::I32Store(STORE) });
}
