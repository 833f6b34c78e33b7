// No memory is larger than 4 GiB.
//! link: a.o --no-entry --export=run --initial-memory=8589934592 --max-memory=8589934592
//! fails: $LD: error: initial memory too large, cannot be greater than 4294967296
//!   $LD: error: maximum memory too large, cannot be greater than 4294967296
int run(void) { return 1; }
