//! The program handed over as MIR.

use crate::body::Bodies;
use crate::program::{Ids, Program, TYPES};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use wold::Session;
use wold::mir::{Data, DataKind, Func, Global, Linkage, Module, Ordinal, Table, Type};
use wold::options::Options;

/// What the module's declarations are called.
#[derive(Clone, Copy)]
struct Declared {
    first_func: u32,
    first_data: u32,
    stack_pointer: Global,
    table: Table,
}

impl Ids for Declared {
    fn func(&mut self, index: u32) -> Func {
        Func(self.first_func + index)
    }
    fn data(&mut self, index: u32) -> Data {
        Data(self.first_data + index)
    }
    fn ty(&mut self, index: u32) -> Type {
        Type(index)
    }
    fn stack_pointer(&mut self) -> Global {
        self.stack_pointer
    }
    fn table(&mut self) -> Table {
        self.table
    }
}

/// What each step took, and the linker's own account of its passes.
pub type Account = (Vec<(String, Duration)>, Vec<String>);

/// Builds the program from `threads` threads, links it and writes it where the options say.
///
/// # Errors
/// What keeps it from being linked or written.
pub fn link(program: Program, threads: usize, options: Options) -> Result<Account, String> {
    let bodies = Bodies::new(program.seed);
    let mut times = Vec::new();
    let mut start = Instant::now();
    let mut lap = |name: &str| {
        times.push((name.to_owned(), start.elapsed()));
        start = Instant::now();
    };
    let session = Session::new(options);
    let module = session.module("program");
    let declared = declare(program, &module);
    lap("declare");
    let next = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| build(program, &bodies, &module, declared, &next));
        }
    });
    lap("generate");
    let linked = session.link_to_file().map_err(|errors| format!("{errors:?}"))?;
    lap("link");
    Ok((times, linked.output))
}

fn declare(program: Program, module: &Module) -> Declared {
    for (parameters, results) in TYPES {
        module.func_type(parameters, results);
    }
    let mut name = String::new();
    let mut ordinal = 0;
    let mut ids = Declared {
        stack_pointer: module.stack_pointer(),
        table: module.indirect_table(),
        first_func: 0,
        first_data: 0,
    };
    for index in 0..program.functions {
        program.function_name(index, &mut name);
        let linkage = if index == 0 { Linkage::Export } else { Linkage::Local };
        let func = module.declare_func(&name, Type(program.type_of(index)), linkage, Some(Ordinal(ordinal)));
        if index == 0 {
            ids.first_func = func.0;
        }
        ordinal += 1;
    }
    for index in 0..program.data() {
        program.data_name(index, &mut name);
        let kind = if program.is_constant(index) { DataKind::Const } else { DataKind::Mutable };
        let data = module.declare_data(&name, kind, Linkage::Local, Some(Ordinal(ordinal)));
        if index == 0 {
            ids.first_data = data.0;
        }
        ordinal += 1;
    }
    ids
}

/// A thread of the compiler: takes units while there are any.
fn build(program: Program, bodies: &Bodies, module: &Module, mut ids: Declared, next: &AtomicU32) {
    let mut worker = module.worker();
    loop {
        let unit = next.fetch_add(1, Ordering::Relaxed);
        if unit >= program.units() {
            return;
        }
        for function in program.functions_of(unit) {
            let func = ids.func(function);
            let built = worker.func(func, |b| program.build(bodies, function, b, &mut ids));
            built.expect("the program is well formed");
        }
        for index in program.data_of(unit) {
            let datum = program.datum(index);
            worker.data(ids.data(index), &datum.bytes, 0, &datum.fixups(&mut ids));
        }
    }
}
