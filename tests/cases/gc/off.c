// --no-gc-sections keeps everything.
//! link: a.o --no-entry --export=run --no-gc-sections
//! run: run() = 1
//! dump: import
//!   m.imported (func (param i64) (result i32))
//! dump: name func
//!   func 0 imported
//!   func 1 __wasm_call_ctors
//!   func 2 dead
//!   func 3 run
//- a.c -ffunction-sections -fdata-sections
__attribute__((import_module("m"), import_name("imported"))) long imported(long long);
long counter = 5;
float dead(float x) { return x + imported(counter); }
int run(void) { return 1; }
