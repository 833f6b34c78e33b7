// Zeros take no bytes: with nothing else there is no data section.
//! link: a.o --no-entry --export=run
//! run: run() = 1
//! dump: data
//! dump: memory
//!   2
static int big[40000];
int run(void) { return ++big[39999]; }
