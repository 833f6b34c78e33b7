// A stack that is not a multiple of 16 bytes is an error.
//! link: a.o --no-entry --export=run -z stack-size=1000
//! fails: $LD: error: stack size must be 16-byte aligned
int run(void) { return 1; }
