//! Wold: a data-parallel, high-throughput linker for WebAssembly, a drop-in for LLD 22's `wasm-ld`.
//!
//! The library takes options and bytes and gives a module and messages; it has no global state. [`Linker`] is its front
//! door; the program `wold` is a second one that reads files and arguments.
//!
//! # How a link goes
//! [`pipeline`] shows it on one screen. Each pass borrows the products of the passes before it and returns its own:
//!
//! | pass | makes | in parallel over |
//! |---|---|---|
//! | [`input`] | mapped files, taken apart into members | files |
//! | [`object`], first half | symbols, types, index spaces | members, without those of libraries that nothing needs |
//! | [`resolve`] | link order, winners of names | nothing: a short replay on integers |
//! | [`object`], second half | bodies, segments, checked relocations | linked objects |
//! | [`liveness`] | what stays | functions and segments |
//! | [`layout`] | every index and address | pieces of equal size, segments, strings |
//! | [`synthetic`] | the linker's own functions | |
//! | [`emit`], [`relocate`] | bytes | blocks of the output |
//!
//! # What holds everywhere
//! - The same inputs and options give the same bytes, whatever the number of threads. Orders are fixed once, serially,
//!   on integers; parallel work lands by index ([`par`]) and no hash map is iterated where the order shows.
//! - Whatever integers a file holds are checked where they are read ([`object`]); later passes index without looking.
//! - `unsafe` is in [`mmap`] alone (the program has two calls more, for the jobserver and the exit). Threads, allocator,
//!   terminal and exit belong to the program.
//! - A relocation targets a symbol, never an entity: aliases and weak definitions come out right by construction.
//!
//! # Code map
//! Modules are listed in reading order; a module imports only from those above it. [`object`] and [`mir`] are neighbours
//! that know each other: an object may hold functions as MIR, and MIR names what an object's relocations name.
//!
//! Besides objects, the pipeline takes a compiler's functions: [`mir`] is what they are made of, [`Session`] the door.

// Ground: knows no pass.
pub mod index;
pub mod leb;
pub mod diagnostic;
pub mod par;
pub mod mmap;
pub mod output_file;
pub mod intern;
pub mod demangle;
pub mod spelling;

// The pipeline.
pub mod options;
pub mod input;
pub mod object;
pub mod linker_defined;
pub mod mir;
pub mod resolve;
pub mod liveness;
pub mod layout;
pub mod synthetic;
pub mod relocate;
pub mod emit;

// Views: they read the products of the passes and change nothing.
pub mod report;
pub mod hints;

// The roof.
pub mod pipeline;
mod linker;
mod session;

pub use linker::{Linked, Linker};
pub use session::Session;
