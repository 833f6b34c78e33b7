// Local symbols with one name stay apart.
//! link: a.o b.o --no-entry --export=run
//! run: run() = 12
//! dump: name func
//!   func 0 run
//!   func 1 other
//- a.c
int other(void);
static __attribute__((noinline)) int f(void) { return 1; }
static volatile int value = 9;
int run(void) { return other() + f() * value; }
//- b.c
static __attribute__((noinline)) int f(void) { return 2; }
static volatile int value = 1;
int other(void) { return f() + value; }
