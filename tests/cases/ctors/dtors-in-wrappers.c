// Wrappers call __wasm_call_dtors behind the export when the program defines it.
//! link: a.o --no-entry --export=run --export=count
//! run: run() = 0
//! run: count() = 1
//! dump: code run.command_export
//!   function 3 (run.command_export)
//!     call 1
//!     call 0
static volatile int dtors;
void __wasm_call_dtors(void) { dtors++; }
int run(void) { return dtors; }
int count(void) { return dtors; }
