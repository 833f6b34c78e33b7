//! Types and names as messages spell them.

use crate::demangle::{demangle, with_demangled};
use crate::linker_defined as linker;
use crate::object::{GlobalType, Signature, TableType};
use crate::options::Options;
use std::borrow::Cow;

/// A symbol's name as messages and the name section show it.
pub fn display_name(name: &str, demangled: bool) -> Cow<'_, str> {
    match name {
        // What clang calls `main` when it takes arguments.
        "__main_argc_argv" => Cow::Borrowed("main"),
        _ if demangled => demangle(name),
        _ => Cow::Borrowed(name),
    }
}

/// Gives what [`display_name`] returns to `take`, without memory of its own. `take` must not ask for another. `name` is UTF-8.
pub fn with_display_name<R>(name: &[u8], demangled: bool, take: impl FnOnce(&[u8]) -> R) -> R {
    match name {
        b"__main_argc_argv" => take(b"main"),
        _ if demangled => with_demangled(name, take),
        _ => take(name),
    }
}

/// A value type: `i32`.
pub(crate) fn value_type_text(ty: u8) -> &'static str {
    value_type_name(ty).unwrap_or("unknown")
}

/// The name of a value type of one byte in the text format.
pub(crate) fn value_type_name(ty: u8) -> Option<&'static str> {
    Some(match ty {
        0x7f => "i32",
        0x7e => "i64",
        0x7d => "f32",
        0x7c => "f64",
        0x7b => "v128",
        0x70 => "funcref",
        0x6f => "externref",
        0x69 => "exnref",
        _ => return None,
    })
}

/// A signature: `(i32, i64) -> f32`.
pub fn signature_text(signature: Signature) -> String {
    let list = |types: &[u8]| types.iter().map(|&ty| value_type_text(ty)).collect::<Vec<_>>().join(", ");
    let results = match signature.results() {
        [] => "void".into(),
        results => list(results),
    };
    format!("({}) -> {results}", list(signature.params()))
}

/// The type of a global: `var i32`, `const i64`.
pub fn global_type_text(ty: GlobalType) -> String {
    format!("{} {}", if ty.mutable { "var" } else { "const" }, value_type_text(ty.value_type))
}

/// The type of a table.
pub fn table_type_text(ty: TableType) -> String {
    let mut text = format!("{}; minimum={}", value_type_text(ty.element), ty.minimum);
    if ty.flags & 1 != 0 {
        text += &format!("; maximum={}", ty.maximum);
    }
    text
}

/// The type of the global `name`, which the linker makes.
pub fn linker_global_type(options: &Options, name: &str) -> GlobalType {
    let mutable = match name {
        linker::TLS_BASE => options.shared_memory,
        name => name == linker::STACK_POINTER,
    };
    GlobalType { value_type: pointer_type(options), mutable }
}

/// The value type of an address: i64 for `-mwasm64`, else i32.
pub fn pointer_type(options: &Options) -> u8 {
    if options.is_64 == Some(true) { 0x7e } else { 0x7f }
}
