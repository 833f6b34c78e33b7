// --import-table imports it with the size that is needed.
//! link: a.o --no-entry --export=run --import-table
//! host: env.__indirect_function_table = new WebAssembly.Table({ initial: 3, element: 'anyfunc' })
//! run: run() = 2
//! dump: import
//!   env.__indirect_function_table table 3 funcref
static int f(int x) { return x + 1; }
static int g(int x) { return x + 2; }
int (*volatile p)(int) = g;
int run(void) { p = g; return (int)&f; }
