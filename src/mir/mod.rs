//! Functions as MIR: instructions whose operands are symbols, lowered once every index is final.
//!
//! Because indices are known when a function is lowered, its operands take minimal LEBs and nothing is relocated
//! afterwards. A function is struct-of-arrays ([`Code`]): a tag and a word for each instruction ([`tag`]), further words
//! beside them. The same arrays are what a compiler's threads fill ([`FunctionBuilder`]) and what lies in a `.wmir` file.

pub mod builder;
pub mod code;
mod codegen;
pub mod file;
mod lower;
pub mod module;
pub mod names;
pub(crate) mod snapshot;
pub mod tag;
pub mod walk;
mod worker;

pub use builder::{BlockType, BuildError, Catch, Data, Func, FunctionBuilder, Global, Local, MemArg, Table, Tag, Type};
pub use code::{Code, CodeBuffer, FRAME_ALIGNMENT_MAX, Frame, Word};
pub use codegen::CodegenBuffer;
pub use lower::{Values, lower, lower_padded};
pub use module::{DataKind, Linkage, Module, Ordinal};
pub use names::{NameTable, TagNames, TagWidth};
pub use snapshot::{ModuleUnit, Unit};
pub use worker::{Fixup, FixupTarget, Worker};

/// What is wrong with a function's MIR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Number of the instruction in its function.
    pub instruction: usize,
    /// What is wrong with it.
    pub problem: &'static str,
}
