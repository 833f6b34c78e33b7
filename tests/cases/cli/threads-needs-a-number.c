// --threads takes a positive number.
//! link: a.o --no-entry --threads=0
//! fails: $LD: error: --threads: expected a positive integer, but got '0'
int run(void) { return 1; }
