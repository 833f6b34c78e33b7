// Of two comdat groups with one name the first is kept, code and data alike.
//! link: a.o b.o --no-entry --export=run_a --export=run_b
//! run: run_a() = 11
//! run: run_b() = 11
//! dump: name func
//!   func 0 run_a
//!   func 1 run_b
//! dump: data
//!   at i32.const 65536: "\0a\00\00\00"
//- a.cpp
template <int> struct Box { static inline int value = 10; static int get() { return ++value; } };
extern "C" int run_a() { Box<1>::value = 10; return Box<1>::get(); }
//- b.cpp
template <int> struct Box { static inline int value = 20; static int get() { return ++value; } };
int copy() { return Box<1>::value; }
extern "C" int run_b() { Box<1>::value = 10; return Box<1>::get(); }
