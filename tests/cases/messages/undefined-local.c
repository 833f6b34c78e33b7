// A definition that is local to another file does not count, and the message says so.
//! link: a.o b.o --no-entry --export=run
//! fails: $LD: error: a.o: undefined symbol: helper
//! hints: $LD: error: a.o: undefined symbol: helper
//!   >>> referenced by run
//!   >>> b.o defines it as a local symbol, which other files cannot refer to
//- a.c
int helper(void);
int run(void) { return helper(); }
//- b.c
static int helper(void) { return 1; }
__attribute__((noinline)) int use(void) { return helper(); }
int (*keep)(void) = helper;
