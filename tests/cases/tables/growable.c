// --growable-table leaves the maximum open.
//! link: a.o --no-entry --export=run --export-table --growable-table
//! dump: table
//!   2 funcref
static int f(int x) { return x + 1; }
int run(void) { return (int)&f; }
