// A weak undefined symbol in position-independent code is 0.
//! link: a.o --no-entry --export=run --export=address
//! run: run() = 0
//! run: address() = 0
//! dump: name global
//!   global 0 __stack_pointer
//!   global 1 GOT.data.internal.data
//!   global 2 GOT.func.internal.undefined_weak:f
//- a.c -fPIC -fvisibility=default
__attribute__((weak)) extern int data;
__attribute__((weak)) int f(void);
int run(void) { return (int)&data; }
int address(void) { return (int)f; }
