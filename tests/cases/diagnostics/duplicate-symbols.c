// A strong symbol defined twice is an error that names both files.
//! link: a.o b.o --no-entry --export=f
//! fails: $LD: error: duplicate symbol: f
//!   >>> defined in a.o
//!   >>> defined in b.o
//!   
//!   $LD: error: duplicate symbol: data
//!   >>> defined in a.o
//!   >>> defined in b.o
//- a.c
int f(void) { return 1; }
int data = 1;
//- b.c
int f(void) { return 2; }
int data = 2;
