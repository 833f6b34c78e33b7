// Position-independent output is not stable yet, and says so without --experimental-pic.
//! link: a.o -shared --unresolved-symbols=import-dynamic
//! warns: $LD: warning: creating shared libraries, with -shared, is not yet stable
//!   $LD: warning: dynamic imports are not yet stable (--unresolved-symbols=import-dynamic)
//- a.c -fPIC
int run(void) { return 1; }
