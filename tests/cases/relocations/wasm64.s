# 64-bit addresses in code and data.
#! link: a.o --no-entry --export=run -mwasm64
#! run: run() = 7n
#! dump: data
#!   at i64.const 65536: "\08\00\01\00\00\00\00\00\07\00\00\00\00\00\00\00"
#- a.s wasm64
.globl run
run: .functype run () -> (i64)
    i64.const 4
    i64.load value-4
    drop
    i64.const pointer
    i64.load 0
    i64.load 0
    end_function
.section .data.pointer,"",@
.p2align 3
pointer: .int64 value
    .size pointer, 8
.section .data.value,"",@
.p2align 3
value: .int64 7
    .size value, 8
