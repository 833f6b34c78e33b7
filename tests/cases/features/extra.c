// --extra-features adds to what the inputs use.
//! link: a.o --no-entry --export=run --extra-features=atomics,zzz
//! dump: target_features
//!   +atomics
//!   +sign-ext
//!   +zzz
//- a.c -mcpu=mvp -msign-ext
int run(void) { return 1; }
