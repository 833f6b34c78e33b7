// Without shared memory only __tls_base exists, not __tls_size and __tls_align.
//! link: a.o --no-entry --export=size --export=align
//! fails: $LD: error: a.o: undefined symbol: __tls_size
//!   $LD: error: a.o: undefined symbol: __tls_align
//- a.c -matomics -mbulk-memory
_Thread_local int value = 7;
int size(void) { return value + __builtin_wasm_tls_size(); }
int align(void) { return __builtin_wasm_tls_align(); }
