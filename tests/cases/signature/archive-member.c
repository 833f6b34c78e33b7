// A member of an archive that defines the wrong signature is still linked.
//! link: a.o lib.a --no-entry --export=run
//! warns: $LD: warning: function signature mismatch: f
//!   >>> defined as (i32) -> i32 in a.o
//!   >>> defined as () -> i64 in lib.a(b.o)
//! run: run() traps
//- a.c
int f(int);
int run(void) { return f(1); }
//- b.c
long long f(void) { return 3; }
//- lib.a: b.o
