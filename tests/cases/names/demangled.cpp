// Names of functions are demangled, export names are not; --no-demangle keeps them.
//! link: a.o --no-entry --export=_ZN5space3fooEi
//! dump: name func
//!   func 0 space::foo(int)
//! exports: memory _ZN5space3fooEi
namespace space { int foo(int x) { return x; } }
