// An option without its value is an error.
//! link: a.o --no-entry --entry
//! fails: $LD: error: --entry: missing argument
int run(void) { return 1; }
