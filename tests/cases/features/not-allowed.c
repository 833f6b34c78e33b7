// With --features a used feature must be in the list.
//! link: a.o --no-entry --export=run --features=multivalue
//! fails: $LD: error: Target feature 'call-indirect-overlong' used by a.o is not allowed.
//!   $LD: error: Target feature 'nontrapping-fptoint' used by a.o is not allowed.
//!   $LD: error: Target feature 'mutable-globals' used by a.o is not allowed.
//!   $LD: error: Target feature 'reference-types' used by a.o is not allowed.
//!   $LD: error: Target feature 'bulk-memory' used by a.o is not allowed.
//!   $LD: error: Target feature 'sign-ext' used by a.o is not allowed.
//!   $LD: error: Target feature 'bulk-memory-opt' used by a.o is not allowed.
int run(void) { return 1; }
