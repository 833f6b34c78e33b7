// A map that cannot be written is an error before anything is linked.
//! link: a.o --no-entry --export=run --Map=missing/out.map
//! fails: $LD: error: cannot open map file missing/out.map: No such file or directory
int run(void) { return 1; }
