// X.imports beside X.a lists what may stay undefined.
//! link: a.o x.a --no-entry --export=run
//! imports: env.f
//- a.c
int f(void), g(void);
int run(void) { return f() + g(); }
//- g.c
int g(void) { return 1; }
//- x.a: g.o
//- x.imports
f
