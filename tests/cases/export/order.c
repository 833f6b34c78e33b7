// Exports come in the order in which symbols were first seen, not in that of the options.
//! link: a.o b.o --no-entry --export=c --export=a --export=b
//! exports: memory a b c
//- a.c
int b(void);
int a(void) { return b(); }
//- b.c
int c(void) { return 3; }
int b(void) { return 2; }
