// The mutable stack pointer can be exported when the feature is there.
//! link: a.o --no-entry --export=__stack_pointer --export=run
//! dump: export
//!   memory Memory 0
//!   __stack_pointer Global 0
//!   run Func 0
int run(void) { return 1; }
