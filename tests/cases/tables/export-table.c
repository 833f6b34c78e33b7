// --export-table exports the function table; slot 0 is null.
//! link: a.o --no-entry --export=run --export-table
//! run: __indirect_function_table.get(0) = null
//! run: __indirect_function_table.get(run())(4) = 5
//! dump: table
//!   2..2 funcref
//! dump: export
//!   memory Memory 0
//!   run Func 0
//!   __indirect_function_table Table 0
static int f(int x) { return x + 1; }
int run(void) { return (int)&f; }
