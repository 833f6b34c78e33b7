// A shared library, too, may only leave undefined what the options let it.
//! link: a.o -shared --experimental-pic
//! fails: $LD: error: a.o: undefined symbol: data
//!   $LD: error: a.o: undefined symbol: f
//- a.c -fPIC -fvisibility=default
extern int data;
int f(int);
int run(int a) { return f(a) + data; }
