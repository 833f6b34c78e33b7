// An imported memory is not exported, unless asked for.
//! link: a.o --no-entry --export=run --import-memory
//! host: env.memory = new WebAssembly.Memory({ initial: 2 })
//! run: run() = 5
//! dump: import
//!   env.memory memory 2
//! exports: run
static int value = 5;
int run(void) { return *(volatile int *)&value; }
