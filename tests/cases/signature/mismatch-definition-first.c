// The order of definition and reference changes the message, not the result.
//! link: b.o a.o --no-entry --export=run --export=f
//! warns: $LD: warning: function signature mismatch: f
//!   >>> defined as (i32) -> i32 in a.o
//!   >>> defined as () -> i64 in b.o
//! run: run() traps
//! run: f() = 3n
//- a.c
int f(int);
int run(void) { return f(1); }
//- b.c
long long f(void) { return 3; }
