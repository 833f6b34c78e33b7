// Shared memory needs atomics and bulk-memory.
//! link: a.o --no-entry --export=run --shared-memory --max-memory=131072
//! fails: $LD: error: 'atomics' feature must be used in order to use shared memory
//!   $LD: error: 'bulk-memory' feature must be used in order to use shared memory
//- a.c -mcpu=mvp
int run(void) { return 1; }
