//! Functions as MIR: instructions whose operands are symbols, lowered once every index is final.
//!
//! Because indices are known when a function is lowered, its operands take minimal LEBs and nothing is relocated
//! afterwards. A function is struct-of-arrays ([`Code`]): a tag and a word for each instruction ([`tag`]), further words
//! beside them. The same arrays are what a compiler's threads fill ([`FunctionBuilder`]) and what lies in a `.wmir` file.

pub mod builder;
pub mod code;
mod codegen;
pub mod dump;
mod edit;
pub mod fields;
pub mod file;
mod inst;
pub mod lift;
mod lower;
pub mod members;
pub mod module;
pub mod names;
mod object_form;
pub mod round_trip;
pub(crate) mod snapshot;
pub mod tag;
pub mod walk;
pub(crate) mod worker;

pub use builder::{BlockType, BuildError, Catch, Data, Func, FunctionBuilder, Global, Local, MemArg, Table, Tag, Type};
pub use code::{Code, CodeBuffer, FRAME_ALIGNMENT_MAX, Frame, Word};
pub use codegen::CodegenBuffer;
pub use inst::{Function, Inst, Targets, lower_body, lower_function};
pub use lift::lift;
pub use lower::{Values, lower, lower_padded};
pub use module::{DataKind, Linkage, Module, Ordinal};
pub use names::{NameTable, TagNames, TagWidth};
pub use object_form::lower_object;
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
