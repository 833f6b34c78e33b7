// --unresolved-symbols=ignore-all: functions share a stub, nothing is imported.
//! link: a.o --no-entry --export=run --unresolved-symbols=ignore-all
//! run: run() traps
//! dump: import
//! dump: name func
//!   func 0 undefined_stub
//!   func 1 undefined_stub
//!   func 2 run
int f(void), g(void);
long long h(int);
int run(void) { return f() + g() + (int)h(1); }
