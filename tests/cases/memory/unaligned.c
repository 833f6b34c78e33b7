// Memory sizes must be multiples of the page.
//! link: a.o --no-entry --export=run --initial-memory=100000 --max-memory=200001 --initial-heap=1
//! fails: $LD: error: initial heap must be aligned to the page size (65536 bytes)
//!   $LD: error: initial memory must be aligned to the page size (65536 bytes)
//!   $LD: error: maximum memory must be aligned to the page size (65536 bytes)
int run(void) { return 1; }
