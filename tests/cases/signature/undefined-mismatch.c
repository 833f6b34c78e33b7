// Two references that disagree about an undefined function are an error.
//! link: a.o b.o --no-entry --export=run --export=other --allow-undefined
//! fails: $LD: error: function signature mismatch: f
//!   >>> defined as (i32) -> i32 in a.o
//!   >>> defined as () -> i64 in b.o
//- a.c
int f(int);
int run(void) { return f(1); }
//- b.c
long long f(void);
long long other(void) { return f(); }
