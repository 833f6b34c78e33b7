// Functions, data, globals, imports and types that nothing reaches are dropped.
//! link: a.o --no-entry --export=run -O0
//! link: a.o --no-entry --export=run -O0 --gc-sections
//! run: run() = 1
//! imports:
//! dump: type
//!   (func (result i32))
//! dump: data
//! dump: name
//!   module out.wasm
//!   func 0 run
//!   global 0 __stack_pointer
//- a.c -ffunction-sections -fdata-sections
__attribute__((import_module("m"), import_name("imported"))) long imported(long long);
long counter = 5;
static float dead(float x) { return x + imported(counter); }
float dead_too(float x) { return dead(x); }
int run(void) { return 1; }
