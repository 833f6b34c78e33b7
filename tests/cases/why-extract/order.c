// --why-extract writes who made the linker extract which member, and for which symbol.
//! link: main.o lib.a --no-entry --export=run --export=h --why-extract=why.txt
//! file: why.txt
//!   reference	extracted	symbol
//!   main.o	lib.a(f.o)	f
//!   lib.a(f.o)	lib.a(g.o)	g
//!   --export	lib.a(h.o)	h
//- main.c
int f(void);
int run(void) { return f(); }
//- f.c
int g(void);
int f(void) { return g(); }
//- g.c
int g(void) { return 1; }
//- h.c
int h(void) { return 1; }
//- lib.a: f.o g.o h.o
