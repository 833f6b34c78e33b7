# __wasm_init_memory_flag is the word behind the data that says whether memory is initialised.
#! link: a.o --no-entry --export=run --export=__wasm_init_memory_flag --shared-memory
#! run: run() = 2
#! dump: global
#!   mut i32 = i32.const 65536
#!   mut i32 = i32.const 0
#!   i32 = i32.const 65540
#! exports: memory run __wasm_init_memory_flag
.globl run
run: .functype run () -> (i32)
    i32.const __wasm_init_memory_flag
    i32.load 0
    i32.const plain
    drop
    end_function
.section .data.plain,"",@
plain: .int8 8
    .size plain, 1
.section .custom_section.target_features,"",@
.int8 2
.int8 43
.int8 7
.ascii "atomics"
.int8 43
.int8 11
.ascii "bulk-memory"
