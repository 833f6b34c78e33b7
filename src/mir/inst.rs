//! The linker's own functions as a list of instructions.

use crate::index::{InputFunctionIdx, InputGlobalIdx, SymbolIdx};
use wasm_encoder::{Encode, Instruction, ValType};

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
use crate::leb;

/// What symbolic operands stand for, once layout is done.
pub trait Targets {
    /// Index of a function.
    fn function(&self, function: InputFunctionIdx) -> u32;
    /// Index of an imported function.
    fn import(&self, symbol: SymbolIdx) -> u32;
    /// Index of a global.
    fn global(&self, global: InputGlobalIdx) -> u32;
    /// Whether addresses are 64-bit.
    fn is_64(&self) -> bool;
}

/// Appends the locals and instructions of `function`, and the final `end`.
pub fn lower_function(function: &Function, targets: &impl Targets, out: &mut Vec<u8>) {
    leb::push_unsigned(out, function.locals.len() as u64);
    for (count, ty) in &function.locals {
        leb::push_unsigned(out, *count as u64);
        ty.encode(out);
    }
    lower_body(&function.body, targets, out);
    Instruction::End.encode(out);
}

/// Appends instructions.
pub fn lower_body(body: &[Inst], targets: &impl Targets, out: &mut Vec<u8>) {
    for inst in body {
        match inst {
            Inst::Call(function) => Instruction::Call(targets.function(*function)).encode(out),
            Inst::CallImport(symbol) => Instruction::Call(targets.import(*symbol)).encode(out),
            Inst::GlobalGet(global) => Instruction::GlobalGet(targets.global(*global)).encode(out),
            Inst::GlobalSet(global) => Instruction::GlobalSet(targets.global(*global)).encode(out),
            Inst::Address(address) if targets.is_64() => Instruction::I64Const(*address as i64).encode(out),
            Inst::Address(address) => Instruction::I32Const(*address as u32 as i32).encode(out),
            Inst::Plain(instruction) => instruction.encode(out),
        }
    }
}
