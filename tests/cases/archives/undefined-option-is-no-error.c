// A name given with -u may stay undefined.
//! link: a.o --no-entry --export=run -u nowhere
//! exports: memory run
int run(void) { return 1; }
