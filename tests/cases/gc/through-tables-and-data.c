// A function is live when live data holds its address.
//! link: a.o --no-entry --export=run
//! run: run(0) = 1
//! run: run(1) = 2
//! dump: name func
//!   func 0 one
//!   func 1 two
//!   func 2 run
//- a.c -ffunction-sections -fdata-sections
static int one(void) { return 1; }
static int two(void) { return 2; }
static int three(void) { return 3; }
int (*const live[])(void) = {one, two};
int (*const dead[])(void) = {three};
int run(int i) { return live[i](); }
