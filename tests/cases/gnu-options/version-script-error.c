// What is wrong in a version script is told with its line.
//! link: a.o --no-entry --version-script=map --version-script=missing
//! fails: $LD: error: map:2: expected ;, found b
//!   $LD: error: cannot open missing: No such file or directory
//! differs-from-lld: LLD has no such option for WebAssembly
//- a.c
int run(void) { return 1; }
//- map
{ global:
  a b; };
