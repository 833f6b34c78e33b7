// --warn-unresolved-symbols reports and goes on.
//! link: a.o --no-entry --export=run --warn-unresolved-symbols
//! warns: $LD: warning: a.o: undefined symbol: f
//! run: run() traps
int f(void);
int run(void) { return f(); }
