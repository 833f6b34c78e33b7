// A library that is not found: where it was looked for, and what there has a name like it.
//! link: a.o -L. -Lnowhere -lmaht -lcompletely-different --no-entry
//! fails: $LD: error: unable to find library -lmaht
//!   $LD: error: unable to find library -lcompletely-different
//! hints: $LD: error: unable to find library -lmaht
//!   >>> no libmaht.a in .
//!   >>> no libmaht.a in nowhere
//!   >>> did you mean '-lmath'? It is in .
//!   
//!   $LD: error: unable to find library -lcompletely-different
//!   >>> no libcompletely-different.a in .
//!   >>> no libcompletely-different.a in nowhere
//- a.c
int run(void) { return 1; }
//- b.c
int b(void) { return 1; }
//- libmath.a: b.o
