// An unknown policy is an error.
//! link: a.o --no-entry --export=run --unresolved-symbols=some
//! fails: $LD: error: unknown --unresolved-symbols value: some
int run(void) { return 1; }
