// A C++ function is missing that a file defines as a C function, and the other way round.
//! link: a.o b.o c.o --no-entry --export=run
//! fails: $LD: error: a.o: undefined symbol: from_c(int)
//!   $LD: error: a.o: undefined symbol: from_cxx
//! hints: $LD: error: a.o: undefined symbol: from_c(int)
//!   >>> referenced by run
//!   >>> did you mean the C function 'from_c' of b.o? Declare it as extern "C"
//!   
//!   $LD: error: a.o: undefined symbol: from_cxx
//!   >>> referenced by run
//!   >>> did you mean the C++ function 'from_cxx(int)' of c.o? extern "C" would give it the name 'from_cxx'
//- a.cpp
int from_c(int);
extern "C" int from_cxx(int);
extern "C" int run() { return from_c(1) + from_cxx(2); }
//- b.c
int from_c(int x) { return x; }
//- c.cpp
int from_cxx(int x) { return x; }
