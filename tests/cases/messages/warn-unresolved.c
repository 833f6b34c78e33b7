// Hints come with warnings, too.
//! link: a.o b.o --no-entry --export=run --warn-unresolved-symbols
//! warns: $LD: warning: a.o: undefined symbol: first_thing
//! hints: $LD: warning: a.o: undefined symbol: first_thing
//!   >>> referenced by run
//!   >>> did you mean 'first_think'? It is defined in b.o
//- a.c
int first_thing(void);
int run(int x) { return x ? first_thing() : 2; }
//- b.c
int first_think(void) { return 1; }
