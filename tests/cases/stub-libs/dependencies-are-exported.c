// What a used stub needs is taken from archives and exported.
//! link: a.o lib.so lib.a --no-entry --export=run
//! imports: env.f
//! exports: memory run helper
//- a.c
int f(void);
int run(void) { return f(); }
//- helper.c
int deeper(void);
int helper(void) { return deeper(); }
//- deeper.c
int deeper(void) { return 1; }
//- lib.a: helper.o deeper.o
//- lib.so
#STUB
f: helper
g: unknown
