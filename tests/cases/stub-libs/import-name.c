// A stub is found by the name under which a symbol is imported.
//! link: a.o lib.so --no-entry --export=run
//! dump: import
//!   env.f (func (result i32))
//! exports: memory helper run
//- a.c
__attribute__((import_module("env"), import_name("f"))) int inner(void);
int helper(void) { return 2; }
int run(void) { return inner(); }
//- lib.so
#STUB
f: helper
