// --strip-all leaves no names, and neither producers nor features.
//! link: a.o --no-entry --export=run --strip-all
//! dump: name
//! dump: producers
//! dump: target_features
int run(void) { return 1; }
