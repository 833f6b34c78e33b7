// The members of a thin archive are files beside it.
//! link: main.o lib.a --no-entry --export=run
//! link: main.o --whole-archive lib.a --no-entry --export=run
//! run: run() = 3
//- main.c
int used(void);
int run(void) { return used(); }
//- used.c
int used(void) { return 3; }
//- lib.a --thin: used.o
