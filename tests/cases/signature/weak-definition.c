// A strong definition replaces a weak one of another signature; calls with the weak one's signature trap.
//! link: a.o b.o --no-entry --export=run --export=other
//! warns: $LD: warning: function signature mismatch: f
//!   >>> defined as () -> i64 in b.o
//!   >>> defined as (i32) -> i32 in a.o
//! run: other() traps
//! run: run() = 1
//- a.c
int f(int x) { return x; }
int run(void) { return f(1); }
//- b.c
__attribute__((weak)) long long f(void) { return 2; }
long long other(void) { return f(); }
