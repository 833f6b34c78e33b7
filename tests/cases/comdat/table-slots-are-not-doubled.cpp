// A function in two groups has one address.
//! link: a.o b.o --no-entry --export=run_a --export=run_b
//! run: run_a() - run_b() = 0
//! dump: elem
//!   table 0 at i32.const 1: 1
//- a.cpp
inline int shared(int x) { return x + 1; }
extern "C" int run_a() { return (int)&shared; }
//- b.cpp
inline int shared(int x) { return x + 1; }
extern "C" int run_b() { return (int)&shared; }
