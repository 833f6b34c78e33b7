// --pop-state returns to the state of --push-state.
//! link: --push-state --whole-archive one.a --pop-state two.a --no-entry --export-dynamic
//! exports: memory __stack_pointer one
//! run: one() = 1
//! differs-from-lld: LLD has no such options for WebAssembly
//- one.c -fvisibility=default
int one(void) { return 1; }
//- two.c -fvisibility=default
int two(void) { return 2; }
//- one.a: one.o
//- two.a: two.o
