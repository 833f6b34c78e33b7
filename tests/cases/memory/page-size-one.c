// --page-size=1 counts memory in bytes.
//! link: a.o --no-entry --export=run --page-size=1
//! dump: memory
//!   65536 pages of 1
int run(void) { return 1; }
