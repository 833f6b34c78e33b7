// --no-check-features takes the list as it is.
//! link: a.o --no-entry --export=run --features=multivalue --no-check-features
//! dump: target_features
//!   +multivalue
int run(void) { return 1; }
