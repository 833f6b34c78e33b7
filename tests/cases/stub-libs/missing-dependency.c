// A dependency that nobody defines is an error.
//! link: a.o lib.so --no-entry --export=run
//! fails: $LD: error: lib.so: undefined symbol: helper. Required by f
//!   $LD: error: lib.so: undefined symbol: other. Required by f
//- a.c
int f(void);
int run(void) { return f(); }
//- lib.so
#STUB
f: helper,other
