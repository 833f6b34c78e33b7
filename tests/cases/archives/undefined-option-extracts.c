// -u makes a name wanted, so that even a weak reference is resolved from an archive.
//! link: main.o lib.a --no-entry --export=run -u f
//! link: -u f lib.a main.o --no-entry --export=run
//! link: --undefined=f lib.a main.o --no-entry --export=run
//! run: run() = 3
//- main.c
__attribute__((weak)) int f(void);
int run(void) { return f ? f() : -1; }
//- f.c
int f(void) { return 3; }
//- lib.a: f.o
