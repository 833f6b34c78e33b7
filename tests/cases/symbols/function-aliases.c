// Each alias of a function is a symbol of its own: one may be replaced, the other stays.
//! link: a.o b.o --no-entry --export=run
//! link: b.o a.o --no-entry --export=run
//! run: run() = 102
//- a.c
static int dummy(void) { return 1; }
__attribute__((weak, alias("dummy"))) int first(void);
__attribute__((weak, alias("dummy"))) int second(void);
int run(void) { return first() * 2 + second() * 50; }
//- b.c
int second(void) { return 2; }
