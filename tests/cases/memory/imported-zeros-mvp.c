// In an imported memory zeros are part of the data, without bulk-memory.
//! link: a.o --no-entry --export=run --import-memory
//! host: env.memory = (() => { let m = new WebAssembly.Memory({ initial: 2 }); new Uint8Array(m.buffer).fill(1); return m; })()
//! run: run() = 3
//! dump: data
//!   at i32.const 65536: "\03\00\00\00"
//!   at i32.const 65540: "\00\00\00\00"
//- a.c -mcpu=mvp
static int data = 3;
static int zeros[100];
int run(void) { return *(volatile int *)&data + zeros[5]++; }
