// Memory and table come first, then functions in symbol order.
//! link: a.o b.o --no-entry --export=run --import-undefined --import-memory --import-table
//! dump: import
//!   env.memory memory 1
//!   env.z (func (result i32))
//!   env.a (func (result i32))
//- a.c
int z(void), other(void);
int run(void) { return z() + other(); }
//- b.c
int a(void), z(void);
int other(void) { return a() + z(); }
