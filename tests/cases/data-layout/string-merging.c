// Strings are kept once, and one that ends another shares its bytes; -O0 keeps all.
//! link: a.o b.o --no-entry --export=a1 --export=a2 --export=b1
//! run: str(a1()) = hello, world
//! run: str(a2()) = world
//! run: str(b1()) = world
//! run: a2() - a1() = 7
//! run: a2() - b1() = 0
//! dump: data
//!   at i32.const 65536: "hello, world\00"
//- a.c
const char *a1(void) { return "hello, world"; }
const char *a2(void) { return "world"; }
//- b.c
const char *b1(void) { return "world"; }
