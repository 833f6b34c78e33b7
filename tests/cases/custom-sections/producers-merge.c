// Producers are merged by name; the section follows the names.
//! link: a.o b.o --no-entry --export=run
//! dump: target_features
//!   +bulk-memory
//!   +bulk-memory-opt
//!   +call-indirect-overlong
//!   +multivalue
//!   +mutable-globals
//!   +nontrapping-fptoint
//!   +reference-types
//!   +sign-ext
//- a.c
int run(void) { return 1; }
//- b.c
int other(void) { return 1; }
