// A version script alone exports nothing.
//! link: a.o --no-entry --export=run --version-script=map
//! exports: memory run
//! run: run() = 1
//! differs-from-lld: LLD has no such option for WebAssembly
//- a.c
int run(void) { return 1; }
int api(void) { return 2; }
//- map
{ global: api; };
