// Only the members of an archive that something needs are linked.
//! link: main.o lib.a --no-entry --export=run
//! link: lib.a main.o --no-entry --export=run
//! run: run() = 3
//! dump: data
//- main.c
int used(void);
int run(void) { return used(); }
//- used.c
int used(void) { return 3; }
//- unused.c
const char text[] = "never linked";
int unused(void) { return text[3]; }
//- lib.a: used.o unused.o
