// Debug information of a dropped copy points nowhere; that of the kept one is relocated.
//! link: a.o b.o --no-entry --export=run_a --export=run_b
//! run: run_b() = 3
//- a.cpp -g
inline __attribute__((noinline)) int shared(int x) { return x + 1; }
extern "C" int run_a() { return shared(1); }
//- b.cpp -g
inline __attribute__((noinline)) int shared(int x) { return x + 1; }
extern "C" int run_b() { return shared(2); }
