// Addresses relative to __memory_base and __table_base in a static link.
//! link: a.o --no-entry --export=run --export=address
//! run: run() = 5
//! dump: global
//!   mut i32 = i32.const 65536
//!   i32 = i32.const 0
//!   i32 = i32.const 1
//- a.c -fPIC
static int data = 5;
static int f(void) { return 6; }
int run(void) { return *(volatile int *)&data; }
int (*address(void))(void) { return f; }
