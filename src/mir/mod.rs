//! Functions as MIR: instructions whose operands are symbols, lowered once every index is final.
//!
//! Because indices are known when a function is lowered, its operands take minimal LEBs and nothing is relocated
//! afterwards. A function is struct-of-arrays ([`Code`]): a tag and a word for each instruction ([`tag`]), further words
//! beside them. The same arrays are what a compiler's threads fill ([`FunctionBuilder`]) and what lies in a `.wmir` file.
//!
//! # For compilers
//! A [`Session`](crate::Session) is a program. Each compilation unit is a [`Module`]: what is declared in it gets a
//! handle at once, from any thread; what is declared is defined by [`Worker`]s, one for each thread, without a lock.
//! [`Session::flush`](crate::Session::flush) links what is there; definitions can be replaced then, and flushed again.
//!
//! What the output depends on is what was said, not when: declarations are in order of the [`Ordinal`]s that the compiler
//! gives them, or else of their names; unnamed values are in order of their contents. Nothing depends on the order of
//! workers or on the number of threads.
//!
//! ```
//! use wold::Session;
//! use wold::mir::{BlockType, DataKind, Fixup, Linkage, Local, MemArg, Ordinal, tag};
//! use wold::options::Options;
//!
//! const I32: u8 = 0x7f;
//! let session = Session::new(Options { entry: None, ..Options::default() });
//! let module = session.module("unit");
//!
//! // Declarations. A function that no input defines is imported from the host.
//! let unary = module.func_type(&[I32], &[I32]);
//! let double = module.declare_func("double", unary, Linkage::Local, Some(Ordinal(0)));
//! let run = module.declare_func("run", unary, Linkage::Export, Some(Ordinal(1)));
//! let limits = module.declare_data("limits", DataKind::Const, Linkage::Local, Some(Ordinal(2)));
//! let log = module.import_func("log", "host", "log", unary, false);
//! let table = module.indirect_table();
//! let sp = module.stack_pointer();
//!
//! // Definitions: functions from one thread, data from another.
//! std::thread::scope(|threads| {
//!     threads.spawn(|| {
//!         let mut worker = module.worker();
//!         worker.func(double, |f| _ = f.local_get(Local(0)).i32_const(1).op(tag::I32_SHL))?;
//!         worker.func(run, |f| {
//!             // Eight bytes of stack; the epilogue is the compiler's own.
//!             let (saved, bottom) = (f.local(I32), f.local(I32));
//!             f.frame(sp, saved, bottom, 8, 2);
//!             f.local_get(bottom).local_get(Local(0)).memory(tag::I32_STORE, MemArg::new(0, 2));
//!             // if (x < limits[0]) log("small");
//!             f.local_get(Local(0)).i32_const(0).memory(tag::I32_LOAD, MemArg::symbolic(limits, 0, 2));
//!             f.op(tag::I32_LT_S).block(tag::IF, BlockType::Empty);
//!             let text = f.unnamed(b"small\0", 0, &[]);
//!             f.uav_ref(text, 0).call(log).op(tag::DROP).op(tag::END);
//!             // Calls the function that limits[1] points at.
//!             f.local_get(bottom).memory(tag::I32_LOAD, MemArg::new(0, 2));
//!             f.address(limits, 4).memory(tag::I32_LOAD, MemArg::new(0, 2));
//!             f.call_indirect(tag::CALL_INDIRECT, unary, Some(table));
//!             f.local_get(saved).global_set_sp(sp);
//!         })
//!     });
//!     let mut worker = module.worker();
//!     worker.data(limits, &[10, 0, 0, 0, 0, 0, 0, 0], 2, &[Fixup::func(4, double)]);
//! });
//! let first = session.flush().expect("links").module;
//!
//! // An edit.
//! module.replace_func(double, |f| _ = f.local_get(Local(0)).i32_const(2).op(tag::I32_MUL))?;
//! let second = session.flush().expect("links").module;
//! assert!(first.starts_with(b"\0asm") && first != second);
//! # wasmparser::validate(&first).unwrap();
//! # wasmparser::validate(&second).unwrap();
//! # Ok::<(), wold::mir::BuildError>(())
//! ```
//!
//! A whole compiler that uses all of this is in `tests/toy`.

pub mod builder;
pub mod code;
mod codegen;
pub mod dump;
mod edit;
mod encoded;
pub mod fields;
pub mod file;
pub mod lift;
mod lower;
pub mod members;
pub mod module;
pub mod names;
mod operands;
mod object_form;
pub mod round_trip;
pub(crate) mod snapshot;
pub mod tag;
pub mod walk;
pub(crate) mod worker;

pub use builder::{BlockType, BuildError, Catch, Data, Func, FunctionBuilder, Global, Local, MemArg, Table, Tag, Type};
pub use code::{Code, CodeBuffer, FRAME_ALIGNMENT_MAX, Frame, Word};
pub use codegen::CodegenBuffer;
pub use lift::lift;
pub use lower::{Values, lower, lower_padded};
pub(crate) use lower::{lower_padded_unit, lower_unit};
pub use module::{DataKind, Declaring, Linkage, Module, Ordinal};
pub use names::{NameTable, TagNames, TagWidth};
pub use object_form::lower_object;
pub use snapshot::{ModuleUnit, Operands, Unit};
pub use worker::{Fixup, FixupTarget, Worker};

/// What is wrong with a function's MIR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Number of the instruction in its function.
    pub instruction: usize,
    /// What is wrong with it.
    pub problem: &'static str,
}
