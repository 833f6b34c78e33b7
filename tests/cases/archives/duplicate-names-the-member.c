// A duplicate definition in an archive member is reported with archive and member.
//! link: main.o lib.a --no-entry --export=run
//! fails: $LD: error: duplicate symbol: f
//!   >>> defined in main.o
//!   >>> defined in lib.a(fg.o)
//- main.c
int g(void);
int f(void) { return 1; }
int run(void) { return f() + g(); }
//- fg.c
int f(void) { return 2; }
int g(void) { return 3; }
//- lib.a: fg.o
