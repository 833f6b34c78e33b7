// Without constructors there is no __wasm_call_ctors, unless somebody asks for it.
//! link: a.o --no-entry --export=run
//! dump: name func
//!   func 0 run
int run(void) { return 1; }
