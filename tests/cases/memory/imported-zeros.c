// In an imported memory zeros are filled at the start, with bulk-memory.
//! link: a.o --no-entry --export=run --import-memory
//! host: env.memory = (() => { let m = new WebAssembly.Memory({ initial: 2 }); new Uint8Array(m.buffer).fill(1); return m; })()
//! run: run() = 3
//! dump: start
//!   0 (__wasm_init_memory)
//! dump: data
//!   at i32.const 65536: "\03\00\00\00"
//! dump: code __wasm_init_memory
//!   function 0 (__wasm_init_memory)
//!     i32.const 65540
//!     i32.const 0
//!     i32.const 4
//!     memory.fill 0
//- a.c -mbulk-memory
static int data = 3;
static int zeros[100];
int run(void) { return *(volatile int *)&data + zeros[5]++; }
