// Thread-local segments come first and are joined to .tdata.
//! link: a.o b.o --no-entry --export=run
//! run: run() = 15
//! dump: name
//!   module out.wasm
//!   func 0 run
//!   global 0 __stack_pointer
//!   global 1 __tls_base
//!   data 0 .tdata
//!   data 1 .data
//! dump: data
//!   at i32.const 65536: "\07\00\00\00\02\00\00\00"
//!   at i32.const 65544: "\05\00\00\00"
//- a.c -matomics -mbulk-memory -fdata-sections
extern _Thread_local int other;
static int plain = 5;
_Thread_local int value = 7;
int run(void) { return ++*(volatile int *)&plain + value + other; }
//- b.c -matomics -mbulk-memory -fdata-sections
_Thread_local int other = 2;
