// --error-limit stops after so many errors.
//! link: a.o --no-entry --export=run --error-limit=2
//! fails: $LD: error: a.o: undefined symbol: a
//!   $LD: error: a.o: undefined symbol: b
//!   $LD: error: too many errors emitted, stopping now (use -error-limit=0 to see all errors)
int a(void), b(void), c(void), d(void);
int run(void) { return a() + b() + c() + d(); }
