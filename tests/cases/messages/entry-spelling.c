// An entry symbol that is not defined: the nearest name.
//! link: a.o --entry=initialise
//! fails: $LD: error: entry symbol not defined (pass --no-entry to suppress): initialise
//! hints: $LD: error: entry symbol not defined (pass --no-entry to suppress): initialise
//!   >>> did you mean 'initialize'? It is defined in a.o
void initialize(void) {}
