// Options for bitcode are accepted.
//! link: a.o --no-entry --export=run -mllvm -wasm-enable-eh --mllvm=-wasm-enable-sjlj --lto-O2 --thinlto-jobs=2 --save-temps
//! exports: memory run
int run(void) { return 1; }
