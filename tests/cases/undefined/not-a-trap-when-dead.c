// Undefined symbols of dead functions do not matter.
//! link: a.o --no-entry --export=run
//! run: run() = 1
//- a.c -ffunction-sections
int f(void);
int dead(void) { return f(); }
int run(void) { return 1; }
