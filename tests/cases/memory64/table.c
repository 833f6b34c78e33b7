// With -mwasm64 the table of address-taken functions has 64-bit indices.
//! link: a.o --no-entry --export=run -mwasm64
//! dump: table
//!   3..3 i64 funcref
//! dump: elem
//!   table 0 at i64.const 1: 1 2
//- a.c wasm64
static int one(void) { return 1; }
static int two(void) { return 2; }
static int (*volatile functions[])(void) = {one, two};
int run(void) { return functions[0]() + functions[1](); }
