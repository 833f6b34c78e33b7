// A library in the -L folders that defines what is missing is named, with the option that links it.
//! link: a.o -L. -lother --no-entry --export=run
//! fails: $LD: error: a.o: undefined symbol: sine
//! hints: $LD: error: a.o: undefined symbol: sine
//!   >>> referenced by run
//!   >>> it is defined in ./libmaths.a, which comes with -lmaths
//- a.c
int sine(int);
int run(void) { return sine(1); }
//- sine.c
int sine(int x) { return x; }
//- sines.c
int sines(int x) { return x; }
//- libmaths.a: sine.o
//- libother.a: sines.o
