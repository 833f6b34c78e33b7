// --no-merge-data-segments keeps the names and the segments apart.
//! link: a.o --no-entry --export=run --no-merge-data-segments
//! run: run() = 3
//! dump: data
//!   at i32.const 65536: "\01\00\00\00"
//!   at i32.const 65540: "\02\00\00\00"
//! dump: name data
//!   data 0 .data.x
//!   data 1 .data.y
//- a.c -fdata-sections
int x = 1, y = 2;
int run(void) { return *(volatile int *)&x + *(volatile int *)&y; }
