// A symbol that a stub library lists becomes an import.
//! link: a.o lib.so --no-entry --export=run
//! imports: env.f
//- a.c
int f(void);
int run(void) { return f(); }
//- lib.so
#STUB
# what the host provides
f
never
