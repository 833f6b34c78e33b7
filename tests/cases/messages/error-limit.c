// Hints do not count as errors, and messages beyond the limit get none.
//! link: a.o b.o --no-entry --export=run --error-limit=1
//! fails: $LD: error: a.o: undefined symbol: first_thing
//!   $LD: error: too many errors emitted, stopping now (use -error-limit=0 to see all errors)
//! hints: $LD: error: a.o: undefined symbol: first_thing
//!   >>> referenced by run
//!   >>> did you mean 'first_think'? It is defined in b.o
//!   
//!   $LD: error: too many errors emitted, stopping now (use -error-limit=0 to see all errors)
//- a.c
int first_thing(void);
int second_thing(void);
int run(void) { return first_thing() + second_thing(); }
//- b.c
int first_think(void) { return 1; }
int second_think(void) { return 1; }
