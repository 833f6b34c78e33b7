// Shared memory has a maximum: what it starts with, if nothing else is said.
//! link: a.o --no-entry --export=run --shared-memory
//! dump: memory
//!   1..1 shared
//- a.c -matomics -mbulk-memory
int run(void) { return 1; }
