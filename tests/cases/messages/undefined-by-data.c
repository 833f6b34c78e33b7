// Data that refers to an undefined symbol is named.
//! link: a.o --no-entry --export=table
//! fails: $LD: error: a.o: undefined symbol: missing_thing
//! hints: $LD: error: a.o: undefined symbol: missing_thing
//!   >>> referenced by the data 'table'
int missing_thing(void);
int (*table[2])(void) = {0, missing_thing};
