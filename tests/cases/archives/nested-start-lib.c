// --start-lib cannot be nested.
//! link: --start-lib --start-lib a.o --end-lib --no-entry
//! fails: $LD: error: nested --start-lib
int f(void) { return 1; }
