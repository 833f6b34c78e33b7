//! Functions as MIR: instructions whose operands are symbols, lowered once every index is final.
//!
//! Because indices are known when a function is lowered, its operands take minimal LEBs and nothing is relocated
//! afterwards.

mod codegen;
mod lower;

pub use codegen::CodegenBuffer;
pub use lower::{Targets, lower, lower_body};

use crate::index::{InputFunctionIdx, InputGlobalIdx, SymbolIdx};
use wasm_encoder::{Instruction, ValType};

/// An instruction.
#[derive(Clone, Debug)]
pub enum Inst {
    /// Calls a function.
    Call(InputFunctionIdx),
    /// Calls an imported function, by its symbol.
    CallImport(SymbolIdx),
    /// Pushes the value of a global.
    GlobalGet(InputGlobalIdx),
    /// Pops the value of a global.
    GlobalSet(InputGlobalIdx),
    /// Pushes an address: a constant of pointer type.
    Address(u64),
    /// An instruction without symbolic operand.
    Plain(Instruction<'static>),
}

/// A function body.
#[derive(Clone, Debug, Default)]
pub struct Function {
    /// Locals behind the parameters: how many of which type.
    pub locals: Vec<(u32, ValType)>,
    /// Instructions, without the final `end`.
    pub body: Vec<Inst>,
}

impl Function {
    /// Appends an instruction without symbolic operand.
    pub fn plain(&mut self, instruction: Instruction<'static>) {
        self.body.push(Inst::Plain(instruction));
    }
}
