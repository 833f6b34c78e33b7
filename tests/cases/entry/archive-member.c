// The entry is taken out of an archive.
//! link: lib.a
//! exports: memory _start
//- a.c
void _start(void) {}
//- lib.a: a.o
