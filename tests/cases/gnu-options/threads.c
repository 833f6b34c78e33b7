// --no-threads and a bare --threads are accepted.
//! link: a.o --no-threads --threads --no-entry --export=run
//! run: run() = 1
//! differs-from-lld: LLD wants a number
int run(void) { return 1; }
