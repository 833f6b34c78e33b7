// Dynamic lists and --export-dynamic-symbol export what they name.
//! link: a.o --no-entry --dynamic-list=list --export-dynamic-symbol=two_?
//! exports: memory one two_b
//! run: one() = 1
//! differs-from-lld: LLD has no such options for WebAssembly
//- a.c -fvisibility=default
int one(void) { return 1; }
int two_b(void) { return 2; }
int two_cc(void) { return 3; }
__attribute__((visibility("hidden"))) int two_h(void) { return 4; }
//- list
{ one; };
