// --import-undefined makes imports of functions; undefined data stays an error.
//! link: a.o --no-entry --export=run --import-undefined
//! fails: $LD: error: a.o: undefined symbol: data
int f(void);
extern int data;
int run(void) { return f() + data; }
