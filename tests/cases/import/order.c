// Memory and table come first, then functions in symbol order.
//! link: a.o b.o --no-entry --export=run --export=address --import-undefined --import-memory --import-table
//! dump: import
//!   env.memory memory 1
//!   env.__indirect_function_table table 2 funcref
//!   env.z (func (result i32))
//!   env.a (func (result i32))
//- a.c
int z(void), other(void);
int run(void) { return z() + other(); }
int address(void) { return (int)&run; }
//- b.c
int a(void), z(void);
int other(void) { return a() + z(); }
