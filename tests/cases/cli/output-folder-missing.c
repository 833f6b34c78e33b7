// An output that cannot be written is reported before anything else.
//! link: a.o --no-entry --export=nowhere -o no/such/folder.wasm
//! fails: $LD: error: cannot open output file no/such/folder.wasm: No such file or directory
int run(void) { return 1; }
