// import_module and import_name name the import; both may be empty; no option is needed.
//! link: a.o --no-entry --export=run
//! host: some.thing = () => 1
//! host: . = () => 2
//! run: run() = 3
//! dump: import
//!   some.thing (func (result i32))
//!   . (func (result i32))
//! dump: name func
//!   func 0 f
//!   func 1 g
//!   func 2 run
__attribute__((import_module("some"), import_name("thing"))) int f(void);
__attribute__((import_module(""), import_name(""))) int g(void);
int run(void) { return f() + g(); }
