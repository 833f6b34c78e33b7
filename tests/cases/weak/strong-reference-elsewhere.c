// A strong reference in another object makes the symbol required, in either order.
//! link: a.o b.o --no-entry --export=run --export=other
//! fails: $LD: error: a.o: undefined symbol: f
//!   $LD: error: a.o: undefined symbol: f
//!   $LD: error: b.o: undefined symbol: f
//- a.c
__attribute__((weak)) int f(void);
int run(void) { return f ? f() : 0; }
//- b.c
int f(void);
int other(void) { return f(); }
