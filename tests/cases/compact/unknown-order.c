// An order that does not exist is an error; of several, the last counts.
//! link: a.o --no-entry --segment-order=best --index-order=compact --index-order=small
//! differs-from-lld: wasm-ld has no such option
//! fails: $LD: error: unknown --segment-order value: best
//!   $LD: error: unknown --index-order value: small
int x;
