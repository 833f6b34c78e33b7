// Position-independent code in a static link: entries of the GOT are constants.
//! link: a.o b.o --no-entry --export=run --export=call
//! run: run() = 5
//! run: call() = 6
//! dump: global
//!   mut i32 = i32.const 65536
//!   i32 = i32.const 65536
//!   i32 = i32.const 1
//! dump: name global
//!   global 0 __stack_pointer
//!   global 1 GOT.data.internal.data
//!   global 2 GOT.func.internal.f
//- a.c -fPIC -fvisibility=default
extern int data;
int f(void);
int run(void) { return data; }
int call(void) { int (*volatile p)(void) = f; return p(); }
//- b.c -fPIC -fvisibility=default
int data = 5;
int f(void) { return 6; }
