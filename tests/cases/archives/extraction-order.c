// An archive before its user: a member's functions come behind those of the members that it needs, and before the user's.
//! link: lib.a main.o --no-entry --export=run
//! run: run() = 3
//! dump: name func
//!   func 0 g
//!   func 1 f
//!   func 2 run
//- main.c
int f(void);
int run(void) { return f() + 1; }
//- f.c
int g(void);
int f(void) { return g() + 1; }
//- g.c
int g(void) { return 1; }
//- lib.a: f.o g.o
