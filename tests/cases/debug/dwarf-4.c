// Older debug formats with ranges and locations link too.
//! link: a.o b.o --no-entry --export=run
//! link: a.o b.o --no-entry --export=run -O2
//! run: run() = 3
//- a.c -gdwarf-4 -ffunction-sections
int other(int);
static int dead(int x) { return other(x) * 2; }
int unused(int x) { int y = other(x); return dead(y) + y; }
int run(void) { return other(2); }
//- b.c -gdwarf-4 -ffunction-sections
int unused_too(int x) { return x; }
int other(int x) { return x + 1; }
