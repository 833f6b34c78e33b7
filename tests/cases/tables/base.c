// --table-base moves the first slot.
//! link: a.o --no-entry --export=run --table-base=100
//! run: run() = 100
//! dump: table
//!   101..101 funcref
//! dump: elem
//!   table 0 at i32.const 100: 1
static int f(int x) { return x + 1; }
int run(void) { return (int)&f; }
