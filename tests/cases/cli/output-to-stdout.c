// -o - writes the module to standard output.
//! link: a.o --no-entry --export=run -o -
//! exports: memory run
int run(void) { return 1; }
