// --export-if-defined exports what is there and is silent about the rest.
//! link: a.o --no-entry --export-if-defined=run --export-if-defined=nowhere
//! exports: memory run
int run(void) { return 1; }
