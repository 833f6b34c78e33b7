// The address of a function has the type of its definition.
//! link: a.o b.o --no-entry --export=run
//! warns:
//! dump: elem
//!   table 0 at i32.const 1: 1
//! dump: name func
//!   func 0 run
//!   func 1 f
//- a.c
int f(int);
int run(void) { return (int)&f; }
//- b.c
long long f(void) { return 3; }
