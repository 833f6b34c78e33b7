// A weak definition that is already there keeps an archive's strong one out.
//! link: a.o lib.a --no-entry --export=run
//! run: run() = 1
//- a.c
__attribute__((weak)) int f(void) { return 1; }
int run(void) { return f(); }
//- b.c
int f(void) { return 2; }
//- lib.a: b.o
