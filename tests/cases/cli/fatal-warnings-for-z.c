// --fatal-warnings makes the warning about an unknown -z keyword an error.
//! link: a.o --no-entry --export=run -z frob --fatal-warnings
//! fails: $LD: error: unknown -z value: frob
int run(void) { return 1; }
