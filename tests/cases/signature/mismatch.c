// A call with the wrong signature is a warning and traps; the function itself stays as it is.
//! link: a.o b.o --no-entry --export=run --export=f
//! warns: $LD: warning: function signature mismatch: f
//!   >>> defined as (i32) -> i32 in a.o
//!   >>> defined as () -> i64 in b.o
//! run: run() traps
//! run: f() = 3n
//! dump: name func
//!   func 0 signature_mismatch:f
//!   func 1 run
//!   func 2 f
//- a.c
int f(int);
int run(void) { return f(1); }
//- b.c
long long f(void) { return 3; }
