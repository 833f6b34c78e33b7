// A referenced __wasm_call_ctors exists even when there is nothing to call.
//! link: a.o --no-entry --export=run
//! run: run() = 1
//! dump: code __wasm_call_ctors
//!   function 0 (__wasm_call_ctors)
void __wasm_call_ctors(void);
int run(void) { __wasm_call_ctors(); return 1; }
