// --compress-relocations cannot keep debug information.
//! link: a.o --no-entry --export=run --compress-relocations
//! fails: $LD: error: --compress-relocations is incompatible with output debug information. Please pass --strip-debug or --strip-all
//- a.c -g
int run(void) { return 1; }
