// Shared memory and thread-local data with 64-bit addresses.
//! link: a.o --no-entry --export=run --export=__wasm_init_tls --shared-memory -mwasm64 --max-memory=17179869184
//! run: run() = 12
//! dump: memory
//!   2..262144 i64 shared
//! dump: global
//!   mut i64 = i64.const 65536
//!   mut i64 = i64.const 0
//! dump: code __wasm_init_memory
//!   function 1 (__wasm_init_memory)
//!     block
//!       block
//!         block
//!           i64.const 65548
//!           i32.const 0
//!           i32.const 1
//!           i32.atomic_rmw_cmpxchg align=2 offset=0
//!           br_table 0 1 2
//!         end
//!         i64.const 65536
//!         i64.const 65536
//!         global.set 1
//!         i32.const 0
//!         i32.const 4
//!         memory.init 0 0
//!         i64.const 65540
//!         i32.const 0
//!         i32.const 4
//!         memory.init 1 0
//!         i64.const 65544
//!         i32.const 0
//!         i64.const 4
//!         memory.fill 0
//!         i64.const 65548
//!         i32.const 2
//!         i32.atomic_store align=2 offset=0
//!         i64.const 65548
//!         i32.const -1
//!         memory.atomic_notify align=2 offset=0
//!         drop
//!         br 1
//!       end
//!       i64.const 65548
//!       i32.const 1
//!       i64.const -1
//!       memory.atomic_wait32 align=2 offset=0
//!       drop
//!     end
//!     data.drop 1
//! dump: code __wasm_init_tls
//!   function 0 (__wasm_init_tls)
//!     local.get 0
//!     global.set 1
//!     local.get 0
//!     i32.const 0
//!     i32.const 4
//!     memory.init 0 0
//- a.c wasm64 -matomics -mbulk-memory
_Thread_local int own = 7;
static int shared = 5;
static int zeros[50];
int run(void) { return own + *(volatile int *)&shared + zeros[7]++; }
