// A program without function pointers has no table.
//! link: a.o --no-entry --export=run
//! dump: table
//! dump: elem
int run(void) { return 1; }
