// -z stack-size needs a value.
//! link: a.o --no-entry --export=run -z stack-size
//! fails: $LD: warning: unknown -z value: stack-size
//!   $LD: error: invalid stack-size: 
int run(void) { return 1; }
