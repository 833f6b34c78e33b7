// Options without meaning for WebAssembly get one warning each, which stays one under --fatal-warnings.
//! link: a.o --no-entry --export=run --fatal-warnings --hash-style=gnu --hash-style=both -rpath-link x -x --icf=all
//! run: run() = 1
//! hints: $LD: warning: --hash-style=gnu is ignored: it has no meaning for WebAssembly
//!   $LD: warning: -rpath-link is ignored: it has no meaning for WebAssembly
//!   $LD: warning: -x is ignored: it has no meaning for WebAssembly
//!   $LD: warning: --icf=all is ignored: it is not supported yet
//! differs-from-lld: LLD takes none of these options
int run(void) { return 1; }
