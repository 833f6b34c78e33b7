// An imported shared memory.
//! link: a.o --no-entry --export=run --shared-memory --import-memory --max-memory=131072
//! host: env.memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true })
//! run: run() = 3
//! dump: import
//!   env.memory memory 2..2 shared
//- a.c -matomics -mbulk-memory
static int data = 3;
int run(void) { return *(volatile int *)&data; }
