// The last of --entry and --no-entry wins; any signature will do.
//! link: a.o --entry=main
//! link: a.o -e main
//! link: a.o --no-entry --entry main
//! link: a.o --entry=other --entry=main
//! exports: memory main
//! run: main(1, 2) = 3
int f(int a, int b) __asm__("main");
int f(int a, int b) { return a + b; }
int other(void) { return 2; }
