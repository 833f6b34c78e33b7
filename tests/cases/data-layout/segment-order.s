# Segments come in classes: read-only data, data, the rest, zeros; each class in input order.
#! link: a.o --no-entry --export=run
#! dump: data
#!   at i32.const 65536: "\03\00\00\00"
#!   at i32.const 65540: "\02\00\00\00"
#!   at i32.const 65544: "\01\00\00\00"
#! dump: name data
#!   data 0 .rodata
#!   data 1 .data
#!   data 2 user
.globl run
run: .functype run () -> (i32)
    i32.const zero
    i32.load user
    i32.const value
    i32.load 0
    i32.add
    i32.const constant
    i32.load 0
    i32.add
    end_function
.section .bss.zero,"",@
zero: .int32 0
    .size zero, 4
.section user,"",@
user: .int32 1
    .size user, 4
.section .data.value,"",@
value: .int32 2
    .size value, 4
.section .rodata.constant,"",@
constant: .int32 3
    .size constant, 4
