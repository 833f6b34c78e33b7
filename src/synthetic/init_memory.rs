//! The function that fills memory at instantiation: `__wasm_init_memory`.

use super::body::Body;
use super::thread_local::tls_base;
use crate::mir::{BlockType, Local, MemArg, tag};
use crate::options::Options;
use crate::resolve::Resolution;

/// A 4-byte access at the address on the stack.
const WORD: MemArg = MemArg::new(0, 2);

// Instructions behind the prefix for atomic accesses.
const NOTIFY: u32 = 0x00;
const WAIT_32: u32 = 0x01;
const STORE: u32 = 0x17;
const COMPARE_EXCHANGE: u32 = 0x48;

/// In position-independent output: the locals that hold the flag's address and that of the first thread's data.
struct Locals {
    flag: Local,
    tls: Local,
}

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
pub fn init_memory(options: &Options, resolution: &Resolution, body: &mut Body) {
    let Some(flag) = body.layout.memory.init_flag else {
        fill_segments(options, resolution, None, body);
        drop_segments(options, body);
        return;
    };
    let locals = options.is_pic().then(|| locals(resolution, flag, body));
    for _ in 0..3 {
        body.code.block(tag::BLOCK, BlockType::Empty);
    }
    push_flag(&locals, flag, body);
    body.code.i32_const(0).i32_const(1).prefixed(tag::ATOMIC, COMPARE_EXCHANGE, Some(WORD), &[]);
    body.code.br_table(&[0, 1, 2]).op(tag::END);
    fill_segments(options, resolution, locals.as_ref(), body);
    push_flag(&locals, flag, body);
    body.code.i32_const(2).prefixed(tag::ATOMIC, STORE, Some(WORD), &[]);
    push_flag(&locals, flag, body);
    body.code.i32_const(-1).prefixed(tag::ATOMIC, NOTIFY, Some(WORD), &[]).op(tag::DROP);
    body.code.branch(tag::BR, 1).op(tag::END);
    push_flag(&locals, flag, body);
    body.code.i32_const(1).i64_const(-1).prefixed(tag::ATOMIC, WAIT_32, Some(WORD), &[]);
    body.code.op(tag::DROP).op(tag::END);
    drop_segments(options, body);
}

/// Finds out where the flag is.
fn locals(resolution: &Resolution, flag: u64, body: &mut Body) -> Locals {
    let address_type = if body.is_64 { 0x7e } else { 0x7f };
    let locals = Locals { flag: body.code.local(address_type), tls: body.code.local(address_type) };
    body.get_import(resolution.known.memory_base);
    body.address(flag);
    body.add();
    body.code.local_set(locals.flag);
    locals
}

fn push_flag(locals: &Option<Locals>, flag: u64, body: &mut Body) {
    match locals {
        Some(locals) => _ = body.code.local_get(locals.flag),
        None => body.address(flag),
    }
}

/// `locals`: there are any if more than one thread may come here, in position-independent output.
fn fill_segments(options: &Options, resolution: &Resolution, locals: Option<&Locals>, body: &mut Body) {
    let layout = body.layout;
    for (index, segment) in layout.segments.iter().enumerate().filter(|(_, s)| layout.is_passive(options, s)) {
        body.address(segment.address);
        if options.is_pic() {
            body.get_import(resolution.known.memory_base);
            body.add();
        }
        if options.shared_memory
            && segment.is_tls
            && let Some(tls_base) = tls_base(resolution)
        {
            // The first thread uses this copy of the thread-local data as its own.
            match locals {
                Some(locals) => _ = body.code.local_tee(locals.tls),
                None => body.address(segment.address),
            }
            body.set(tls_base);
            if let Some(locals) = locals {
                body.code.local_get(locals.tls);
            }
        }
        body.code.i32_const(0);
        match segment.is_bss {
            true => {
                body.address(segment.size);
                body.code.memory_fill();
            }
            false => _ = body.code.i32_const(segment.size as u32 as i32).memory_init(index as u32),
        }
    }
}

fn drop_segments(options: &Options, body: &mut Body) {
    for (index, segment) in body.layout.segments.iter().enumerate() {
        if body.layout.is_passive(options, segment) && !segment.is_bss && !(options.shared_memory && segment.is_tls) {
            body.code.data_drop(index as u32);
        }
    }
}
