// --end-lib needs a --start-lib.
//! link: a.o --end-lib --no-entry
//! fails: $LD: error: stray --end-lib
int f(void) { return 1; }
