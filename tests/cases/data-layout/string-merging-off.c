// -O0 does not merge strings.
//! link: a.o b.o --no-entry --export=a1 --export=b1 -O0
//! run: str(a1()) = world
//! run: str(b1()) = world
//! dump: data
//!   at i32.const 65536: "world\00world\00"
//- a.c
const char *a1(void) { return "world"; }
//- b.c
const char *b1(void) { return "world"; }
