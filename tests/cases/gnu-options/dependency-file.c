// --dependency-file writes a rule with every file that the link read, and an empty rule for each.
//! link: a.o -L. -lf lib.a --no-entry --export=run --allow-undefined-file=names --dependency-file=out.d
//! run: run() = 5
//! file: out.d
//!   out.wasm: \
//!     a.o \
//!     ./libf.a \
//!     lib.a \
//!     names \
//!     lib.imports
//!   
//!   a.o:
//!   
//!   ./libf.a:
//!   
//!   lib.a:
//!   
//!   names:
//!   
//!   lib.imports:
//! differs-from-lld: LLD has no such option for WebAssembly
//- a.c
int f(void);
int run(void) { return f(); }
//- f.c
int f(void) { return 5; }
//- g.c
int g(void) { return 6; }
//- libf.a: f.o
//- lib.a: g.o
//- lib.imports
something
//- names
other
