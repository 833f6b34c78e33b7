// --keep-section exempts a section from --strip-all.
//! link: a.o --no-entry --export=run --strip-all --keep-section=producers
//! dump: name
int run(void) { return 1; }
