// --no-warn-ignored silences the warnings about options without meaning.
//! link: a.o --no-entry --export=run --no-warn-ignored --hash-style=gnu --gdb-index --sysroot=/
//! run: run() = 1
//! hints:
//! differs-from-lld: LLD takes none of these options
int run(void) { return 1; }
