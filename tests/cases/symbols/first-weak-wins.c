// Of two weak definitions the first is used.
//! link: a.o b.o --no-entry --export=run
//! run: run() = 11
//- a.c
__attribute__((weak)) int f(void) { return 1; }
__attribute__((weak)) int value = 10;
int run(void) { return f() + value; }
//- b.c
__attribute__((weak)) int f(void) { return 2; }
__attribute__((weak)) int value = 20;
