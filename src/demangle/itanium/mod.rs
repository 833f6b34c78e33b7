//! Names mangled as the Itanium C++ ABI says, with the extensions that clang has.
//!
//! [`parser`] and the grammar's modules build a tree of [`node`]s; [`printer`] and its modules write its text.
//! Spec: <https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling>.

mod encoding;
mod expressions;
mod float;
mod literals;
mod names;
mod node;
mod operators;
mod parser;
mod print_expressions;
mod print_names;
mod print_types;
mod printer;
mod templates;
mod types;

pub(super) use parser::Scratch;

/// Appends the text of the mangled `name` to `out`. Fails if the name does not fit the grammar, nests too deeply or
/// has too long a text; `out` may then have been added to.
pub(super) fn demangle(name: &[u8], scratch: &mut Scratch, out: &mut Vec<u8>) -> Option<()> {
    let root = parser::Parser::new(name, scratch).mangled_name()?;
    let Scratch { arena, printed, .. } = scratch;
    printer::Printer::run(name, arena, root, printed, out)
}
