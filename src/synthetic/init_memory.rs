//! The function that fills memory at instantiation: `__wasm_init_memory`.

use super::dynamic::{add, get_import};
use super::thread_local::tls_base;
use crate::layout::Layout;
use crate::mir::{Function, Inst};
use crate::options::Options;
use crate::resolve::Resolution;
use wasm_encoder::{BlockType, Instruction, MemArg, MemArgTarget, ValType};

/// A 4-byte access at the address on the stack.
const WORD: MemArg = MemArg { offset: 0, align: 2, target: MemArgTarget::Memory(0), ordering: None };

/// In position-independent output: the local that holds the flag's address.
const FLAG_LOCAL: u32 = 0;
/// In position-independent output: the local that holds the address of the first thread's data.
const TLS_LOCAL: u32 = 1;

/// `__wasm_init_memory`: fills passive segments, once, however many threads start the module.
///
/// Threads race for a word behind the data: it goes from 0 (nothing done) over 1 (one thread fills memory) to 2 (done).
/// ```text
/// block $drop
///   block $wait
///     block $fill
///       compare-exchange flag 0 -> 1
///       br_table: 0 -> $fill, 1 -> $wait, else -> $drop
///     end
///     fill every segment; flag = 2; wake the waiters; br $drop
///   end
///   wait while flag is 1
/// end
/// drop every segment but the thread-local one, which each thread fills for itself
/// ```
pub fn init_memory(options: &Options, resolution: &Resolution, layout: &Layout) -> Function {
    let mut function = Function::default();
    let pic = options.is_pic();
    let Some(flag) = layout.memory.init_flag else {
        fill_segments(&mut function, options, resolution, layout);
        drop_segments(&mut function, options, layout);
        return function;
    };
    if pic {
        let address_type = if options.is_64 == Some(true) { ValType::I64 } else { ValType::I32 };
        function.locals.push((2, address_type));
        function.body.push(get_import(layout, resolution.known.memory_base));
        function.body.push(Inst::Address(flag));
        function.plain(add(options));
        function.plain(Instruction::LocalSet(FLAG_LOCAL));
    }
    let flag = if pic { Inst::Plain(Instruction::LocalGet(FLAG_LOCAL)) } else { Inst::Address(flag) };
    for _ in 0..3 {
        function.plain(Instruction::Block(BlockType::Empty));
    }
    function.body.push(flag.clone());
    function.plain(Instruction::I32Const(0));
    function.plain(Instruction::I32Const(1));
    function.plain(Instruction::I32AtomicRmwCmpxchg(WORD));
    function.plain(Instruction::BrTable(vec![0, 1].into(), 2));
    function.plain(Instruction::End);
    fill_segments(&mut function, options, resolution, layout);
    function.body.push(flag.clone());
    function.plain(Instruction::I32Const(2));
    function.plain(Instruction::I32AtomicStore(WORD));
    function.body.push(flag.clone());
    function.plain(Instruction::I32Const(-1));
    function.plain(Instruction::MemoryAtomicNotify(WORD));
    function.plain(Instruction::Drop);
    function.plain(Instruction::Br(1));
    function.plain(Instruction::End);
    function.body.push(flag.clone());
    function.plain(Instruction::I32Const(1));
    function.plain(Instruction::I64Const(-1));
    function.plain(Instruction::MemoryAtomicWait32(WORD));
    function.plain(Instruction::Drop);
    function.plain(Instruction::End);
    drop_segments(&mut function, options, layout);
    function
}

fn fill_segments(function: &mut Function, options: &Options, resolution: &Resolution, layout: &Layout) {
    for (index, segment) in layout.segments.iter().enumerate().filter(|(_, s)| layout.is_passive(options, s)) {
        function.body.push(Inst::Address(segment.address));
        if options.is_pic() {
            function.body.push(get_import(layout, resolution.known.memory_base));
            function.plain(add(options));
        }
        if options.shared_memory
            && segment.is_tls
            && let Some(tls_base) = tls_base(resolution)
        {
            // The first thread uses this copy of the thread-local data as its own.
            match options.is_pic() {
                true => function.plain(Instruction::LocalTee(TLS_LOCAL)),
                false => function.body.push(Inst::Address(segment.address)),
            }
            function.body.push(Inst::GlobalSet(tls_base));
            if options.is_pic() {
                function.plain(Instruction::LocalGet(TLS_LOCAL));
            }
        }
        function.plain(Instruction::I32Const(0));
        if segment.is_bss {
            function.body.push(Inst::Address(segment.size));
            function.plain(Instruction::MemoryFill(0));
        } else {
            function.plain(Instruction::I32Const(segment.size as u32 as i32));
            function.plain(Instruction::MemoryInit { mem: 0, data_index: index as u32 });
        }
    }
}

fn drop_segments(function: &mut Function, options: &Options, layout: &Layout) {
    for (index, segment) in layout.segments.iter().enumerate() {
        if layout.is_passive(options, segment) && !segment.is_bss && !(options.shared_memory && segment.is_tls) {
            function.plain(Instruction::DataDrop(index as u32));
        }
    }
}
