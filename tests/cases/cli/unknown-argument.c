// An unknown option is an error.
//! link: a.o --no-entry --as-needed --frob=1
//! fails: $LD: error: unknown argument: --as-needed
//!   $LD: error: unknown argument: --frob=1
int run(void) { return 1; }
