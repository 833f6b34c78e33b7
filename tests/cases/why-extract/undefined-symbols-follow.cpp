// The table is written although symbols stay undefined, and has names as in the source.
//! link: a.o lib.a --no-entry --export=run --why-extract=-
//! stdout: reference	extracted	symbol
//!   a.o	lib.a(f.o)	f()
//! fails: $LD: error: lib.a(f.o): undefined symbol: missing()
//- a.cpp
int f();
extern "C" int run() { return f(); }
//- f.cpp
int missing();
int f() { return missing(); }
//- lib.a: f.o
