// Constructors of an archive member count only if something else in it is live.
//! link: main.o lib.a --no-entry --export=run -u f
//! exports: memory run
//! dump: name func
//!   func 0 run
//- main.c
int run(void) { return 1; }
//- f.c
int f(void) { return 2; }
volatile int value;
__attribute__((constructor)) static void set(void) { value = 3; }
//- lib.a: f.o
