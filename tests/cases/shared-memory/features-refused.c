// Features that --features does not allow are refused in wasm-ld's order.
//! link: a.o --no-entry --export=run --shared-memory --features=atomics,bulk-memory
//! fails: $LD: error: Target feature 'call-indirect-overlong' used by a.o is not allowed.
//!   $LD: error: Target feature 'nontrapping-fptoint' used by a.o is not allowed.
//!   $LD: error: Target feature 'mutable-globals' used by a.o is not allowed.
//!   $LD: error: Target feature 'reference-types' used by a.o is not allowed.
//!   $LD: error: Target feature 'multivalue' used by a.o is not allowed.
//!   $LD: error: Target feature 'sign-ext' used by a.o is not allowed.
//!   $LD: error: Target feature 'bulk-memory-opt' used by a.o is not allowed.
//- a.c -matomics -mbulk-memory
int run(void) { return 1; }
