// A strong undefined function is an error, not an import.
//! link: a.o --no-entry --export=run
//! fails: $LD: error: a.o: undefined symbol: f
int f(void);
int run(void) { return f(); }
