// An unknown option is an error.
//! link: a.o --no-entry --frobnicate --frob=1
//! fails: $LD: error: unknown argument: --frobnicate
//!   $LD: error: unknown argument: --frob=1
int run(void) { return 1; }
