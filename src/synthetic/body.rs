//! A function of the linker under construction. Every index and address is known: operands are what they stand for.

use crate::index::*;
use crate::layout::Layout;
use crate::mir::{self, CodeBuffer, Func, FunctionBuilder, Global, tag};
use crate::object::RelocationKind;
use crate::options::Options;

/// Operands stand for themselves.
struct Itself;

impl mir::Values for Itself {
    fn value(&self, _: RelocationKind, index: u32, addend: i64) -> u64 {
        (index as u64).wrapping_add_signed(addend)
    }
}

/// A body on its way.
pub struct Body<'a, 'i, 'b> {
    /// Instructions without operands of the linker.
    pub code: FunctionBuilder<'b>,
    /// Indices and addresses.
    pub layout: &'a Layout<'i>,
    /// Whether addresses are 64-bit.
    pub is_64: bool,
}

/// Appends the body that `write` makes: locals, instructions, `end`.
pub fn write<'a, 'i>(
    options: &Options,
    layout: &'a Layout<'i>,
    parameters: u32,
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Body<'a, 'i, '_>),
) {
    let is_64 = options.is_64 == Some(true);
    let mut buffer = CodeBuffer::default();
    {
        let mut body = Body { code: FunctionBuilder::new(&mut buffer, parameters), layout, is_64 };
        write(&mut body);
        body.code.finish().expect("the linker's functions are well formed");
    }
    mir::lower(&buffer.code(0), is_64, &Itself, out).expect("the linker's functions are well formed");
}

// What a body of the linker names is live: layout keeps it because the body will name it.
impl Body<'_, '_, '_> {
    /// Calls a function.
    pub fn call(&mut self, function: InputFunctionIdx) {
        self.code.call(Func(self.layout.function_index(function).unwrap_or(0)));
    }
    /// Calls what an undefined function symbol stands for: an import, or a trapping stub.
    pub fn call_undefined(&mut self, symbol: SymbolIdx) {
        self.code.call(Func(self.layout.undefined_function_index(symbol).unwrap_or(0)));
    }
    /// Pushes a global.
    pub fn get(&mut self, global: InputGlobalIdx) {
        self.code.global_get(Global(self.layout.global_index(global).unwrap_or(0)));
    }
    /// Pops a global.
    pub fn set(&mut self, global: InputGlobalIdx) {
        self.code.global_set(Global(self.layout.global_index(global).unwrap_or(0)));
    }
    /// Pushes an imported global.
    pub fn get_import(&mut self, symbol: Option<SymbolIdx>) {
        let index = symbol.and_then(|symbol| self.layout.import_index(symbol)).unwrap_or(0);
        self.code.global_get(Global(index));
    }
    /// Pushes an address: a constant of pointer type.
    pub fn address(&mut self, address: u64) {
        self.constant(self.is_64, address as i64);
    }
    /// Pushes a constant of 64 or 32 bits.
    pub fn constant(&mut self, is_64: bool, value: i64) {
        match is_64 {
            true => self.code.i64_const(value),
            false => self.code.i32_const(value as i32),
        };
    }
    /// Adds two addresses.
    pub fn add(&mut self) {
        self.code.op(if self.is_64 { tag::I64_ADD } else { tag::I32_ADD });
    }
}
