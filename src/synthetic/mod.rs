//! Layout -> bodies of the functions that the linker makes, written as MIR whose operands are final indices.

mod body;
mod dynamic;
mod init_memory;
mod thread_local;

pub use dynamic::got_place;

use crate::index::*;
use crate::layout::{Callee, Layout};
use crate::liveness::LiveSet;
use crate::mir::{CodegenBuffer, Local, tag};
use crate::options::Options;
use crate::resolve::{Definition, Resolution, Role};
use body::Body;

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

/// Writes and lowers the body of every function that the linker makes.
pub fn bodies(options: &Options, resolution: &Resolution, live: &LiveSet, layout: &Layout) -> Bodies {
    let mut buffer = CodegenBuffer::default();
    let stores = dynamic::Stores { options, resolution, live, layout, internal_got: false, is_tls: false };
    let tls_stores = dynamic::Stores { internal_got: true, is_tls: true, ..stores };
    for function in &resolution.linker_functions {
        buffer.body(|out| {
            if function.role == Role::ApplyDataRelocs {
                return dynamic::apply_data_relocs(&stores, out);
            }
            let parameters = parameters(resolution, function.role);
            body::write(options, layout, parameters, out, |body| match function.role {
                Role::CallCtors => call_ctors(body),
                Role::InitMemory => init_memory::init_memory(options, resolution, body),
                Role::InitTls => thread_local::init_tls(resolution, body),
                Role::ApplyGlobalTlsRelocs => thread_local::apply_global_relocs(resolution, body),
                Role::ApplyTlsRelocs => thread_local::apply_relocs(&tls_stores, body),
                Role::ApplyDataRelocs => {}
                Role::ApplyGlobalRelocs => dynamic::apply_global_relocs(resolution, body),
                Role::Start => dynamic::start(body),
                Role::Unreachable => _ = body.code.op(tag::UNREACHABLE),
                Role::CommandExport(callee) => command_export(resolution, body, callee),
            });
        });
    }
    Bodies { buffer }
}

/// How many parameters the bodies of functions with `role` refer to.
fn parameters(resolution: &Resolution, role: Role) -> u32 {
    match role {
        Role::InitTls => 1,
        Role::CommandExport(callee) => {
            resolution.names.signature(resolution.function_signature(callee)).params().len() as u32
        }
        _ => 0,
    }
}

/// `__wasm_call_ctors`: calls each init function, lowest priority value first, ties in link order. Results are dropped.
fn call_ctors(body: &mut Body) {
    for &(init, results) in &body.layout.init_functions {
        match init {
            Callee::Defined(init) => body.call(init),
            Callee::Imported(symbol) => body.call_undefined(symbol),
        }
        (0..results).for_each(|_| _ = body.code.op(tag::DROP));
    }
}

/// Constructors, the function itself with its parameters, destructors.
fn command_export(resolution: &Resolution, body: &mut Body, callee: InputFunctionIdx) {
    let layout = body.layout;
    let known = |symbol: Option<SymbolIdx>| match resolution.definitions[symbol?] {
        Definition::Function(function) => layout.function_index(function).map(|_| function),
        _ => None,
    };
    if let Some(call_ctors) = known(resolution.known.call_ctors) {
        body.call(call_ctors);
    }
    for parameter in 0..parameters(resolution, Role::CommandExport(callee)) {
        body.code.local_get(Local(parameter));
    }
    body.call(callee);
    if let Some(call_dtors) = known(resolution.known.call_dtors) {
        body.call(call_dtors);
    }
}
