// A library that no folder has is an error.
//! link: a.o -lnowhere -L. --no-entry
//! fails: $LD: error: unable to find library -lnowhere
int f(void) { return 1; }
