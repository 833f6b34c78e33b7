// A weak undefined function is a stub even where undefined symbols are imported.
//! link: a.o --no-entry --export=run --allow-undefined
//! run: run() = 0
//! dump: import
__attribute__((weak)) int f(void);
int run(void) { return f ? f() : 0; }
