//! Wold: a data-parallel, high-throughput linker for WebAssembly.
//!
//! # Code map
//! Modules are listed in pipeline order; a module imports only from those above it.

pub mod demangle;
pub mod diagnostic;
pub mod emit;
pub mod hints;
pub mod index;
pub mod input;
pub mod intern;
pub mod layout;
pub mod leb;
pub mod linker_defined;
pub mod liveness;
pub mod mir;
pub mod mmap;
pub mod object;
pub mod options;
pub mod par;
pub mod pipeline;
pub mod relocate;
pub mod report;
pub mod resolve;
pub mod spelling;
pub mod synthetic;
