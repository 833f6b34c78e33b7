// --no-growable-memory: the maximum is the initial size.
//! link: a.o --no-entry --export=run --no-growable-memory
//! dump: memory
//!   1..1
int run(void) { return 1; }
