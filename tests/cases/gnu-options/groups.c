// Groups of archives and --as-needed are accepted: archives that need one another are linked in any order anyway.
//! link: a.o --start-group one.a two.a --end-group --as-needed --no-entry --export=run
//! link: a.o -( two.a -) one.a --no-as-needed --no-entry --export=run
//! link: a.o two.a one.a --no-entry --export=run
//! run: run() = 3
//! differs-from-lld: LLD takes none of these options
//- a.c
int first(void);
int run(void) { return first(); }
//- one.c
int second(void);
int first(void) { return second(); }
//- two.c
int third(void);
int second(void) { return third(); }
//- three.c
int third(void) { return 3; }
//- one.a: one.o three.o
//- two.a: two.o
