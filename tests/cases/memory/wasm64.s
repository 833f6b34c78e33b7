# A 64-bit object gives a 64-bit memory and addresses.
#! link: a.o --no-entry --export=run --export=value -mwasm64
#! link: a.o --no-entry --export=run --export=value -m wasm64
#! run: run() = 7n
#! dump: memory
#!   2 i64
#! dump: global
#!   mut i64 = i64.const 65536
#!   i64 = i64.const 65536
#- a.s wasm64
.globl run
run: .functype run () -> (i64)
    i64.const value
    i64.load 0
    end_function
.section .data.value,"",@
.globl value
value: .int64 7
    .size value, 8
