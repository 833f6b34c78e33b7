// Aliases of a function can each be exported, and name one function.
//! link: a.o --no-entry --export=one --export=two
//! run: one === two = true
//! dump: export
//!   memory Memory 0
//!   one Func 0
//!   two Func 0
//! dump: name func
//!   func 0 one
int one(void) { return 1; }
int two(void) __attribute__((alias("one")));
