// Names in --allow-undefined-file become imports.
//! link: a.o --no-entry --export=run --allow-undefined-file=names.txt
//! link: a.o --no-entry --export=run -allow-undefined-file names.txt
//! imports: env.f env.g
//- a.c
int f(void), g(void);
int run(void) { return f() + g(); }
//- names.txt
# a comment
f
g
never
