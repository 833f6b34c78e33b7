// --trace-symbol tells what a stub library imports, and what that exports.
//! link: a.o stub.so lib.a --no-entry --export=run -y f -y needed --why-extract=-
//! stdout: a.o: reference to f
//!   lib.a(needed.o): lazy definition of needed
//!   stub.so: importing f
//!   stub.so: exported needed due to import of f
//!   lib.a(needed.o): definition of needed
//!   reference	extracted	symbol
//!   stub.so	a.o	f
//- a.c
void f(void);
void run(void) { f(); }
//- needed.c
void needed(void) {}
//- lib.a: needed.o
//- stub.so
#STUB
f: needed
