// The name section names module, functions (imports first), globals and data segments.
//! link: a.o --no-entry --export=run
//! dump: name
//!   module out.wasm
//!   func 0 imported
//!   func 1 run
//!   global 0 __stack_pointer
//!   data 0 .data
__attribute__((import_module("m"), import_name("field"))) int imported(void);
static int data = 1;
static int zero;
int run(void) { int volatile local[4] = {imported()}; return local[0] + data++ + zero++; }
