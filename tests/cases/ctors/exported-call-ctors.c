// An exported __wasm_call_ctors is enough: no wrappers.
//! link: a.o --no-entry --export=run --export=__wasm_call_ctors
//! run: __wasm_call_ctors() = undefined
//! run: run() = 3
//! dump: export
//!   memory Memory 0
//!   __wasm_call_ctors Func 0
//!   run Func 2
static volatile int value;
__attribute__((constructor)) static void set(void) { value = 3; }
int run(void) { return value; }
