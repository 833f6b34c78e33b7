// A table that cannot be written is the only error.
//! link: a.o --no-entry --export=run --export=missing --why-extract=missing/why.txt
//! fails: $LD: error: cannot open --why-extract= file missing/why.txt: No such file or directory
int run(void) { return 1; }
