// A weak undefined reference extracts no member; its function is a stub that traps.
//! link: main.o lib.a --no-entry --export=run --export=address
//! run: address() = 0
//! run: run() traps
//! dump: name func
//!   func 0 undefined_weak:f
//!   func 1 run
//!   func 2 address
//- main.c
__attribute__((weak)) int f(void);
int run(void) { return f(); }
int address(void) { return (int)f; }
//- f.c
int f(void) { return 3; }
//- lib.a: f.o
