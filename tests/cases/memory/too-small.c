// An initial memory below what is needed is an error.
//! link: a.o --no-entry --export=run --initial-memory=65536
//! fails: $LD: error: initial memory too small, 65540 bytes needed
static int value = 5;
int run(void) { return *(volatile int *)&value; }
