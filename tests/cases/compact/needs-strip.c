// --compact shortens code, so debug information would be wrong: it wants a strip option, and no -r.
//! link: a.o --no-entry --compact
//! link: a.o --no-entry --compact --compress-relocations
//! differs-from-lld: wasm-ld has no such option
//! fails: $LD: error: --compact is incompatible with output debug information. Please pass --strip-debug or --strip-all
int x;
