// Messages have no colours when they go to a file, unless asked for.
//! link: a.o --no-entry --export=run --color-diagnostics=always
//! fails: $LD: [0;31merror: [0ma.o: undefined symbol: f
int f(void);
int run(void) { return f(); }
