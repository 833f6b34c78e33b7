// --warn-unresolved-symbols makes the missing export a warning.
//! link: a.o --no-entry --export=nowhere --warn-unresolved-symbols
//! warns: $LD: warning: symbol exported via --export not found: nowhere
int run(void) { return 1; }
