// Duplicate symbols: where both are in the source.
//! link: a.o b.o --no-entry --export=run
//! fails: $LD: error: duplicate symbol: twice
//!   >>> defined in a.o
//!   >>> defined in b.o
//! hints: $LD: error: duplicate symbol: twice
//!   >>> defined in a.o
//!   >>> defined in b.o
//!   >>> a.o has it from a.c:1
//!   >>> b.o has it from b.c:3
//- a.c -g
int twice(int x) { return x + x; }
int run(void) { return twice(1); }
//- b.c -g


int twice(int x) { return 2 * x; }
