// export_name sets the exported name, which may be empty.
//! link: a.o --no-entry
//! run: e[""]() + e["some name"]() = 3
//! dump: export
//!   memory Memory 0
//!   "" Func 0
//!   "some name" Func 1
__attribute__((export_name(""))) int one(void) { return 1; }
__attribute__((export_name("some name"))) int two(void) { return 2; }
