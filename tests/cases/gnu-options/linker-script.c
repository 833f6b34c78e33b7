// A linker script is refused.
//! link: a.o --no-entry -T script.ld
//! fails: $LD: error: -T: linker scripts and section addresses have no meaning for WebAssembly
//! differs-from-lld: LLD does not know the option
int run(void) { return 1; }
