//! Layout -> bodies of the functions that the linker makes, written as MIR.

mod dynamic;
mod init_memory;
mod thread_local;

pub use dynamic::got_place;

use crate::index::*;
use crate::layout::{Callee, Layout};
use crate::liveness::LiveSet;
use crate::mir::{CodegenBuffer, Function, Inst, Targets, lower_function};
use crate::options::Options;
use crate::resolve::{Definition, Resolution, Role};
use wasm_encoder::Instruction;

/// Encoded bodies of the linker's functions.
pub struct Bodies {
    buffer: CodegenBuffer,
}

impl Bodies {
    /// The body of linker function number `index`, size field included.
    pub fn get(&self, index: usize) -> &[u8] {
        self.buffer.get(index)
    }
}

struct Indices<'a, 'i> {
    options: &'a Options,
    layout: &'a Layout<'i>,
}

impl Targets for Indices<'_, '_> {
    // What a body of the linker names is live: layout keeps it because the body will name it.
    fn function(&self, function: InputFunctionIdx) -> u32 {
        self.layout.function_index(function).unwrap_or(0)
    }
    fn import(&self, symbol: SymbolIdx) -> u32 {
        self.layout.undefined_function_index(symbol).unwrap_or(0)
    }
    fn global(&self, global: InputGlobalIdx) -> u32 {
        self.layout.global_index(global).unwrap_or(0)
    }
    fn is_64(&self) -> bool {
        self.options.is_64 == Some(true)
    }
}

/// Writes and lowers the body of every function that the linker makes.
pub fn bodies(options: &Options, resolution: &Resolution, live: &LiveSet, layout: &Layout) -> Bodies {
    let targets = Indices { options, layout };
    let mut buffer = CodegenBuffer::default();
    let stores = dynamic::Stores { options, resolution, live, layout, internal_got: false, is_tls: false };
    let tls_stores = dynamic::Stores { internal_got: true, is_tls: true, ..stores };
    for function in &resolution.linker_functions {
        let mir = match function.role {
            Role::CallCtors => call_ctors(layout),
            Role::InitMemory => init_memory::init_memory(options, resolution, layout),
            Role::InitTls => thread_local::init_tls(resolution, layout),
            Role::ApplyGlobalTlsRelocs => thread_local::apply_global_relocs(options, resolution, layout),
            Role::ApplyTlsRelocs => thread_local::apply_relocs(&tls_stores),
            Role::ApplyDataRelocs => {
                buffer.body(|out| dynamic::apply_data_relocs(&stores, &targets, out));
                continue;
            }
            Role::ApplyGlobalRelocs => dynamic::apply_global_relocs(options, resolution, layout),
            Role::Start => dynamic::start(layout),
            Role::Unreachable => unreachable(),
            Role::CommandExport(callee) => command_export(resolution, layout, callee),
        };
        buffer.body(|out| lower_function(&mir, &targets, out));
    }
    Bodies { buffer }
}

/// `__wasm_call_ctors`: calls each init function, lowest priority value first, ties in link order. Results are dropped.
fn call_ctors(layout: &Layout) -> Function {
    let mut function = Function::default();
    for &(init, results) in &layout.init_functions {
        function.body.push(match init {
            Callee::Defined(init) => Inst::Call(init),
            Callee::Imported(symbol) => Inst::CallImport(symbol),
        });
        (0..results).for_each(|_| function.plain(Instruction::Drop));
    }
    function
}

/// Traps.
fn unreachable() -> Function {
    Function { locals: Vec::new(), body: vec![Inst::Plain(Instruction::Unreachable)] }
}

/// Constructors, the function itself with its parameters, destructors.
fn command_export(resolution: &Resolution, layout: &Layout, callee: InputFunctionIdx) -> Function {
    let mut function = Function::default();
    let known = |symbol: Option<SymbolIdx>| match resolution.definitions[symbol?] {
        Definition::Function(function) => layout.function_index(function).map(|_| function),
        _ => None,
    };
    if let Some(call_ctors) = known(resolution.known.call_ctors) {
        function.body.push(Inst::Call(call_ctors));
    }
    let signature = resolution.names.signature(resolution.function_signature(callee));
    for parameter in 0..signature.params().len() {
        function.plain(Instruction::LocalGet(parameter as u32));
    }
    function.body.push(Inst::Call(callee));
    if let Some(call_dtors) = known(resolution.known.call_dtors) {
        function.body.push(Inst::Call(call_dtors));
    }
    function
}
