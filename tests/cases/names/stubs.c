// Stubs are named after what they stand for.
//! link: a.o b.o --no-entry --export=run --export=other
//! warns: $LD: warning: function signature mismatch: typed
//!   >>> defined as (i32) -> i32 in a.o
//!   >>> defined as () -> i64 in b.o
//! dump: name func
//!   func 0 signature_mismatch:typed
//!   func 1 undefined_weak:missing
//!   func 2 run
//!   func 3 other
//- a.c
__attribute__((weak)) int missing(void);
int typed(int);
int run(void) { return missing() + typed(1); }
//- b.c
long long typed(void) { return 1; }
int other(void) { return (int)typed(); }
