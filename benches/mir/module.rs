//! The program handed over as MIR.

use crate::plan::{Plan, Pointer};
use crate::program::{I32, TYPES, Target};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use wold::Session;
use wold::mir::{
    BlockType, Data, DataKind, Fixup, Func, FunctionBuilder, Global, Linkage, Local, MemArg, Module, Ordinal, Table,
    Type, tag,
};
use wold::options::Options;

/// What the module's declarations are called.
#[derive(Clone, Copy)]
struct Declared {
    first_func: u32,
    first_data: u32,
    stack_pointer: Global,
    table: Table,
}

impl Declared {
    fn func(self, index: u32) -> Func {
        Func(self.first_func + index)
    }
    fn data(self, index: u32) -> Data {
        Data(self.first_data + index)
    }
}

/// Builds a function.
struct Builder<'w, 'b> {
    b: &'w mut FunctionBuilder<'b>,
    ids: Declared,
}

impl Target for Builder<'_, '_> {
    #[inline]
    fn locals(&mut self, count: u32) {
        self.b.locals(count, I32);
    }
    fn frame(&mut self, saved: u32, bottom: u32, size: u32) {
        self.b.frame(self.ids.stack_pointer, Local(saved), Local(bottom), size, 4);
    }
    #[inline]
    fn op(&mut self, tag: u8) {
        self.b.op(tag);
    }
    #[inline]
    fn number(&mut self, tag: u8, number: u32) {
        match tag {
            tag::LOCAL_GET => self.b.local_get(Local(number)),
            tag::LOCAL_SET => self.b.local_set(Local(number)),
            tag::LOCAL_TEE => self.b.local_tee(Local(number)),
            _ => self.b.branch(tag, number),
        };
    }
    #[inline]
    fn i32_const(&mut self, value: i32) {
        self.b.i32_const(value);
    }
    #[inline]
    fn i64_const(&mut self, value: i64) {
        self.b.i64_const(value);
    }
    #[inline]
    fn memory(&mut self, tag: u8, alignment: u32, offset: u32) {
        self.b.memory(tag, MemArg::new(offset as u64, alignment));
    }
    #[inline]
    fn block(&mut self, tag: u8) {
        self.b.block(tag, BlockType::Empty);
    }
    #[inline]
    fn call(&mut self, function: u32) {
        self.b.call(self.ids.func(function));
    }
    fn call_indirect(&mut self, ty: u32) {
        self.b.call_indirect(tag::CALL_INDIRECT, Type(ty), Some(self.ids.table));
    }
    fn slot(&mut self, function: u32) {
        self.b.func_ref(self.ids.func(function));
    }
    fn address(&mut self, datum: u32, addend: i64) {
        self.b.address(self.ids.data(datum), addend);
    }
    fn symbolic(&mut self, tag: u8, datum: u32) {
        self.b.memory(tag, MemArg::symbolic(self.ids.data(datum), 0, 2));
    }
    fn set_stack_pointer(&mut self, saved: u32) {
        self.b.local_get(Local(saved)).global_set_sp(self.ids.stack_pointer);
    }
}

/// What each step took, and the linker's own account of its passes.
pub type Account = (Vec<(String, Duration)>, Vec<String>);

/// Builds the program from `threads` threads, links it and writes it where the options say.
///
/// # Errors
/// What keeps it from being linked or written.
pub fn link(plan: &Plan, threads: usize, options: Options) -> Result<Account, String> {
    let mut times = Vec::new();
    let mut start = Instant::now();
    let mut lap = |name: &str| {
        times.push((name.to_owned(), start.elapsed()));
        start = Instant::now();
    };
    let session = Session::new(options);
    let module = session.module("program");
    let declared = declare(plan, &module);
    lap("declare");
    let next = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| build(plan, &module, declared, &next));
        }
    });
    lap("build");
    let linked = session.link_to_file().map_err(|errors| format!("{errors:?}"))?;
    lap("link");
    Ok((times, linked.output))
}

fn declare(plan: &Plan, module: &Module) -> Declared {
    for (parameters, results) in TYPES {
        module.func_type(parameters, results);
    }
    let program = plan.program;
    let (stack_pointer, table) = (module.stack_pointer(), module.indirect_table());
    // What is declared has one number after the other: first all functions, then all data.
    let first_func = table.0 + 1;
    module.reserve((program.functions + program.data()) as usize);
    for unit in 0..program.units() {
        module.declare_all(Arc::clone(plan.text(unit)), |all| {
            for index in program.functions_of(unit) {
                let linkage = if index == 0 { Linkage::Export } else { Linkage::Local };
                let (name, ty) = (plan.function_range(index), Type(program.type_of(index)));
                all.func(name, ty, linkage, Some(Ordinal(index)));
            }
        });
    }
    for unit in 0..program.units() {
        module.declare_all(Arc::clone(plan.text(unit)), |all| {
            for index in program.data_of(unit) {
                let kind = if program.is_constant(index) { DataKind::Const } else { DataKind::Mutable };
                all.data(plan.data_range(index), kind, Linkage::Local, Some(Ordinal(program.functions + index)));
            }
        });
    }
    Declared { first_func, first_data: first_func + program.functions, stack_pointer, table }
}

/// A thread of the compiler: takes units while there are any.
fn build(plan: &Plan, module: &Module, ids: Declared, next: &AtomicU32) {
    let mut worker = module.worker();
    let mut fixups = Vec::new();
    loop {
        let unit = next.fetch_add(1, Ordering::Relaxed);
        if unit >= plan.program.units() {
            return;
        }
        for function in plan.program.functions_of(unit) {
            let built = worker.func(ids.func(function), |b| plan.build(function, &mut Builder { b, ids }));
            built.expect("the program is well formed");
        }
        for index in plan.program.data_of(unit) {
            let (bytes, pointers) = plan.datum(index);
            let fixup = |&(at, target): &(u32, Pointer)| match target {
                Pointer::Datum(datum) => Fixup::data(at, ids.data(datum), 0),
                Pointer::Function(function) => Fixup::func(at, ids.func(function)),
            };
            fixups.clear();
            fixups.extend(pointers.iter().map(fixup));
            worker.data(ids.data(index), bytes, 0, &fixups);
        }
    }
}
