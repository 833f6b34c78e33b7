// An entry that nobody defines is an error, undefined symbols allowed or not.
//! link: a.o
//! link: a.o --allow-undefined
//! fails: $LD: error: entry symbol not defined (pass --no-entry to suppress): _start
int run(void) { return 1; }
