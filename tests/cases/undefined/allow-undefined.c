// --allow-undefined imports functions; data is at address 0.
//! link: a.o --no-entry --export=run --export=address --allow-undefined
//! link: a.o --no-entry --export=run --export=address --import-undefined --unresolved-symbols=ignore-all
//! host: env.f = () => 3
//! run: run() = 3
//! run: address() = 0
//! dump: import
//!   env.f (func (result i32))
int f(void);
extern int data;
int run(void) { return f(); }
int address(void) { return (int)&data; }
