// --whole-archive links every member of the archives that follow, up to --no-whole-archive.
//! link: --whole-archive a.a --no-whole-archive b.a --no-entry --export-all --no-gc-sections
//! dump: name func
//!   func 0 __wasm_call_ctors
//!   func 1 a1
//!   func 2 a2
//- a1.c
int a1(void) { return 1; }
//- a2.c
int a2(void) { return 2; }
//- b1.c
int b1(void) { return 3; }
//- a.a: a1.o a2.o
//- b.a: b1.o
