// Two objects must agree on the module of an import.
//! link: a.o b.o --no-entry --export=run
//! fails: $LD: error: import module mismatch for symbol: f
//!   >>> defined as one in a.o
//!   >>> defined as two in b.o
//- a.c
__attribute__((import_module("one"), import_name("f"))) int f(void);
int run(void) { return f(); }
//- b.c
__attribute__((import_module("two"), import_name("f"))) int f(void);
int other(void) { return f(); }
