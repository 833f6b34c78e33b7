// Without a caller of __wasm_call_ctors each export calls the constructors itself, through a wrapper.
//! link: a.o --no-entry --export=run --export=other
//! run: run(5) = 8
//! dump: export
//!   memory Memory 0
//!   run Func 4
//!   other Func 5
//! dump: name func
//!   func 0 __wasm_call_ctors
//!   func 1 set
//!   func 2 run
//!   func 3 other
//!   func 4 run.command_export
//!   func 5 other.command_export
//! dump: code command_export
//!   function 4 (run.command_export)
//!     call 0
//!     local.get 0
//!     call 2
//!   function 5 (other.command_export)
//!     call 0
//!     call 3
static volatile int value;
__attribute__((constructor)) static void set(void) { value = 3; }
int run(int x) { return value + x; }
int other(void) { return value; }
