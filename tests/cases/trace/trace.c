// --trace lists the inputs, --trace-symbol who defines and references a symbol.
//! link: a.o lib.a --no-entry --export=run --trace --trace-symbol=f -y value
//! stdout: a.o
//!   a.o: reference to f
//!   a.o: reference to value
//!   lib.a(b.o)
//!   lib.a(b.o): definition of f
//!   lib.a(b.o): definition of value
//- a.c
extern int value;
int f(void);
int run(void) { return f() + value; }
//- b.c
int value = 1;
int f(void) { return value; }
//- lib.a: b.o
