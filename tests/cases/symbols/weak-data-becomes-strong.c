// An address of a weak data symbol is that of the strong definition, in code and in data.
//! link: a.o b.o --no-entry --export=run --export=through
//! link: b.o a.o --no-entry --export=run --export=through
//! run: run() = 2
//! run: through() = 2
//- a.c
static int dummy = 1;
__attribute__((weak, alias("dummy"))) extern int hook;
int *const pointer = &hook;
int run(void) { return *(volatile int *)&hook; }
int through(void) { return **(int *const volatile *)&pointer; }
//- b.c
int hook = 2;
