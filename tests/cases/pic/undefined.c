// An undefined symbol behind the GOT is an error.
//! link: a.o --no-entry --export=run
//! fails: $LD: error: a.o: undefined symbol: data
//- a.c -fPIC -fvisibility=default
extern int data;
int run(void) { return data; }
