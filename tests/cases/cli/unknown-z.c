// An unknown -z keyword is a warning.
//! link: a.o --no-entry --export=run -z frob
//! warns: $LD: warning: unknown -z value: frob
int run(void) { return 1; }
