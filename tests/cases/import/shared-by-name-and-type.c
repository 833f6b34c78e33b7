// Two symbols that import one function with one type share the import, another type has its own.
//! link: a.o --no-entry --export=run
//! dump: import
//!   m.f (func (result i32))
//!   m.f (func (param i32) (result i32))
__attribute__((import_module("m"), import_name("f"))) int f1(void);
__attribute__((import_module("m"), import_name("f"))) int f2(void);
__attribute__((import_module("m"), import_name("f"))) int f3(int);
int run(void) { return f1() + f2() + f3(1); }
