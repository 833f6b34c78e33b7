// -m takes wasm32 or wasm64.
//! link: a.o --no-entry -m elf
//! fails: $LD: error: invalid target architecture: elf
int run(void) { return 1; }
