// A weak undefined function is null, has no table slot, and its call traps.
//! link: a.o --no-entry --export=run --export=address --export=known
//! run: address() = 0
//! run: known() = 0
//! run: run() traps
//! dump: elem
//! dump: name func
//!   func 0 undefined_weak:f
//!   func 1 run
//!   func 2 address
//!   func 3 known
__attribute__((weak)) int f(void);
int run(void) { return f(); }
int address(void) { return (int)&f; }
int known(void) { return f ? f() : 0; }
