// A name that nothing mentions is not wrapped.
//! link: a.o --no-entry --export=run --wrap=nobody
//! link-same: a.o --no-entry --export=run
int run(void) { return 1; }
