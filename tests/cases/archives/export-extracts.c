// --export and --export-if-defined: the first takes a definition out of an archive.
//! link: lib.a --no-entry --export=f
//! run: f() = 3
//! exports: memory f
//- f.c
int f(void) { return 3; }
//- lib.a: f.o
