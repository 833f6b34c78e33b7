// A module without a name does not make an import of an undefined function.
//! link: a.o --no-entry --export=run
//! fails: $LD: error: a.o: undefined symbol: f
__attribute__((import_module("m"))) int f(void);
int run(void) { return f(); }
