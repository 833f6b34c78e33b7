// A symbol to export must be defined.
//! link: a.o --no-entry --export=nowhere --export=
//! fails: $LD: error: symbol exported via --export not found: nowhere
//!   $LD: error: symbol exported via --export not found: 
int run(void) { return 1; }
