// --export-all exports every global symbol and the linker's own.
//! link: a.o --no-entry --export-all
//! dump: export
//!   memory Memory 0
//!   __wasm_call_ctors Func 0
//!   __stack_pointer Global 0
//!   seen Func 1
//!   hidden Func 2
//!   data Global 1
//!   __indirect_function_table Table 0
//!   __dso_handle Global 2
//!   __data_end Global 3
//!   __stack_low Global 4
//!   __stack_high Global 5
//!   __global_base Global 6
//!   __heap_base Global 7
//!   __heap_end Global 8
//!   __memory_base Global 9
//!   __table_base Global 10
//!   __wasm_first_page_end Global 11
__attribute__((visibility("default"))) int seen(void) { return 1; }
__attribute__((visibility("hidden"))) int hidden(void) { return 2; }
static int __attribute__((used)) local(void) { return 3; }
int data = 4;
