// --no-demangle keeps the names of the objects.
//! link: a.o --no-entry --export=_ZN5space3fooEi --no-demangle
//! dump: name func
//!   func 0 _ZN5space3fooEi
namespace space { int foo(int x) { return x; } }
