// An undefined symbol: who refers to it and where, how often more, and what is spelt like it.
//! link: a.o c.o b.o --no-entry --export=run
//! fails: $LD: error: a.o: undefined symbol: foobar_functoin
//!   $LD: error: a.o: undefined symbol: datum
//!   $LD: error: a.o: undefined symbol: foobar_functoin
//!   $LD: error: c.o: undefined symbol: foobar_functoin
//! hints: $LD: error: a.o: undefined symbol: foobar_functoin
//!   >>> referenced by run (a.c:4)
//!   >>> referenced 2 times more, in a.o and another file
//!   >>> did you mean 'foobar_function'? It is defined in b.o
//!   
//!   $LD: error: a.o: undefined symbol: datum
//!   >>> referenced by run (a.c:5)
//!   >>> did you mean 'datun'? It is defined in b.o
//!   
//!   $LD: error: a.o: undefined symbol: foobar_functoin
//!   $LD: error: c.o: undefined symbol: foobar_functoin
//- a.c -g
int foobar_functoin(int);
extern int datum;
int run(int x) {
  return foobar_functoin(x)
    + datum;
}
int (*table)(int) = foobar_functoin;
int (**get(void))(int) { return &table; }
__attribute__((export_name("get"))) int (**get2(void))(int) { return get(); }
//- b.c
int foobar_function(int x) { return x; }
int datun = 4;
//- c.c
int foobar_functoin(int);
__attribute__((export_name("c"))) int c(int x) { return foobar_functoin(x); }
