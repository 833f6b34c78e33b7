// A signature mismatch in the number of parameters.
//! link: a.o b.o --no-entry --export=run
//! warns: $LD: warning: function signature mismatch: f
//!   >>> defined as (i32) -> i32 in a.o
//!   >>> defined as (i32, i32) -> i32 in b.o
//! hints: $LD: warning: function signature mismatch: f
//!   >>> defined as (i32) -> i32 in a.o
//!   >>> defined as (i32, i32) -> i32 in b.o
//!   >>> 1 parameter in the first, 2 in the second
//!   >>> a.o calls it in run
//- a.c
int f(int);
int run(void) { return f(1); }
//- b.c
int f(int x, int y) { return x; }
