// Long options take one dash or two.
//! link: a.o -export=run -entry run
//! link: a.o --export run --entry=run
//! link: a.o -export run -gc-sections -e run
//! exports: memory run
int run(void) { return 1; }
