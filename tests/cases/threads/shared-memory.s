# --shared-memory: passive segments, a data count, and a start function that copies them once.
#! link: a.o --no-entry --export=run --shared-memory --max-memory=131072
#! run: run() = 7
#! dump: memory
#!   2..2 shared
#! dump: datacount
#!   1
#! dump: start
#!   0 (__wasm_init_memory)
#! dump: data
#!   passive: "\07\00\00\00"
#! dump: code __wasm_init_memory
#!   function 0 (__wasm_init_memory)
#!     block
#!       block
#!         block
#!           i32.const 65540
#!           i32.const 0
#!           i32.const 1
#!           i32.atomic_rmw_cmpxchg align=2 offset=0
#!           br_table 0 1 2
#!         end
#!         i32.const 65536
#!         i32.const 0
#!         i32.const 4
#!         memory.init 0 0
#!         i32.const 65540
#!         i32.const 2
#!         i32.atomic_store align=2 offset=0
#!         i32.const 65540
#!         i32.const -1
#!         memory.atomic_notify align=2 offset=0
#!         drop
#!         br 1
#!       end
#!       i32.const 65540
#!       i32.const 1
#!       i64.const -1
#!       memory.atomic_wait32 align=2 offset=0
#!       drop
#!     end
#!     data.drop 0
.section .text.run,"",@
.globl run
run: .functype run () -> (i32)
    i32.const 0
    i32.load value
    end_function
.section .data.value,"",@
value: .int32 7
    .size value, 4
.section .custom_section.target_features,"",@
.int8 2
.int8 43
.int8 7
.ascii "atomics"
.int8 43
.int8 11
.ascii "bulk-memory"
