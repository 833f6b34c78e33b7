// Data that is all zero needs no data section, but the start function fills it.
//! link: a.o --no-entry --export=run --shared-memory --import-memory --export-memory=shared
//! dump: import
//!   env.memory memory 2..2 shared
//! dump: code __wasm_init_memory
//!   function 0 (__wasm_init_memory)
//!     block
//!       block
//!         block
//!           i32.const 65540
//!           i32.const 0
//!           i32.const 1
//!           i32.atomic_rmw_cmpxchg align=2 offset=0
//!           br_table 0 1 2
//!         end
//!         i32.const 65536
//!         i32.const 0
//!         i32.const 4
//!         memory.fill 0
//!         i32.const 65540
//!         i32.const 2
//!         i32.atomic_store align=2 offset=0
//!         i32.const 65540
//!         i32.const -1
//!         memory.atomic_notify align=2 offset=0
//!         drop
//!         br 1
//!       end
//!       i32.const 65540
//!       i32.const 1
//!       i64.const -1
//!       memory.atomic_wait32 align=2 offset=0
//!       drop
//!     end
//- a.c -matomics -mbulk-memory
static int zeros[100];
int run(void) { return zeros[5]++; }
