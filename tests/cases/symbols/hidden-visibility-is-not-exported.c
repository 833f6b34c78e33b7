// One hidden mention of a symbol hides it.
//! link: a.o b.o --no-entry --export=run --export-dynamic
//! dump: export
//!   memory Memory 0
//!   __stack_pointer Global 0
//!   run Func 0
//- a.c -fvisibility=default
int f(void);
int run(void) { return f(); }
//- b.c -fvisibility=default
__attribute__((visibility("hidden"))) int f(void) { return 1; }
