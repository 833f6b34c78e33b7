// An input that does not exist is an error.
//! link: a.o nowhere.o --no-entry
//! fails: $LD: error: cannot open nowhere.o: No such file or directory
int run(void) { return 1; }
