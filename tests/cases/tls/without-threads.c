// Without shared memory thread-local data is plain data, and __tls_base a constant.
//! link: a.o --no-entry --export=run --export=__tls_base
//! run: run() = 8
//! run: run() = 9
//! dump: global
//!   mut i32 = i32.const 65536
//!   i32 = i32.const 65536
//! dump: data
//!   at i32.const 65536: "\07\00\00\00\00\00\00\00"
//- a.c -matomics -mbulk-memory -ftls-model=local-exec
_Thread_local int value = 7;
_Thread_local int zero;
static int plain = 1;
int run(void) { zero++; value += plain; return value + zero - zero; }
