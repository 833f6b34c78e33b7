// Every live reference to an undefined symbol is an error; references in dead code are not.
//! link: a.o b.o --no-entry --export=run
//! fails: $LD: error: a.o: undefined symbol: f
//!   $LD: error: a.o: undefined symbol: f
//!   $LD: error: a.o: undefined symbol: g
//- a.c
int f(void), g(void);
int run(void) { return f() + f() + g(); }
//- b.c
int f(void);
int other(void) { return f(); }
