// Objects between --start-lib and --end-lib are linked only when needed.
//! link: main.o --start-lib used.o unused.o --end-lib --no-entry --export=run
//! link: --start-lib used.o unused.o --end-lib main.o --no-entry --export=run
//! run: run() = 3
//! exports: memory run
//- main.c
int used(void);
int run(void) { return used(); }
//- used.c
int used(void) { return 3; }
//- unused.c
__attribute__((export_name("unused"))) int unused(void) { return 4; }
