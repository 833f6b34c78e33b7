// With shared memory __tls_base is mutable; __wasm_init_tls sets up a block of __tls_size bytes.
//! link: a.o --no-entry --export=run --export=size --export=align --export=__wasm_init_tls --shared-memory --max-memory=131072
//! run: run() = 8
//! run: size() = 8
//! run: align() = 32
//! dump: global
//!   mut i32 = i32.const 65536
//!   mut i32 = i32.const 0
//!   i32 = i32.const 8
//!   i32 = i32.const 32
//! dump: code __wasm_init_tls
//!   function 0 (__wasm_init_tls)
//!     local.get 0
//!     global.set 1
//!     local.get 0
//!     i32.const 0
//!     i32.const 8
//!     memory.init 0 0
//! dump: name data
//!   data 0 .tdata
//!   data 1 .data
//- a.c -matomics -mbulk-memory
_Thread_local int value __attribute__((aligned(32))) = 7;
_Thread_local int zero;
static int plain = 1;
int run(void) { return value + zero + *(volatile int *)&plain; }
int size(void) { return __builtin_wasm_tls_size(); }
int align(void) { return __builtin_wasm_tls_align(); }
