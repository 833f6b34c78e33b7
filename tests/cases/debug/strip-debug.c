// --strip-debug drops .debug_* and keeps the names.
//! link: a.o --no-entry --export=run --strip-debug
//! link: a.o --no-entry --export=run -S
//! dump: .debug_info
//! dump: name
//!   module out.wasm
//!   func 0 run
//!   global 0 __stack_pointer
//- a.c -g
int run(void) { return 1; }
