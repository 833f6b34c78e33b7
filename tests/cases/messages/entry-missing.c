// Without the C library's start file there is main, but no _start.
//! link: a.o
//! fails: $LD: error: entry symbol not defined (pass --no-entry to suppress): _start
//! hints: $LD: error: entry symbol not defined (pass --no-entry to suppress): _start
//!   >>> a.o defines main, but _start, which calls it, is missing: link the C library's crt1.o or crt1-command.o, as clang does
int main(void) { return 0; }
