// --initial-memory and --max-memory give the limits in bytes.
//! link: a.o --no-entry --export=run --initial-memory=262144 --max-memory=1048576
//! dump: memory
//!   4..16
int run(void) { return 1; }
