# Addresses with positive and negative addends, in code and data.
#! link: a.o --no-entry --export=run --export=array
#! run: [0,1,2,3].map(run) = [12, 20, 72, 1]
#! dump: data
#!   at i32.const 65536: "\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\00\00\00\00\14\00\01\00H\00\01\00\01\00\01\00\00"
.section .text.run,"",@
.globl run
run: .functype run (i32) -> (i32)
    block
    local.get 0
    br_if 0
    i32.const array+12
    i32.const array
    i32.sub
    return
    end_block
    i32.const pointers
    local.get 0
    i32.const 4
    i32.mul
    i32.add
    i32.load 0
    i32.const array
    i32.sub
    end_function
.section .data.array,"",@
.globl array
array:
    .skip 64, 1
    .size array, 64
.section .data.pointers,"",@
.p2align 2
pointers:
    .int32 0
    .int32 array+20
    .int32 end-8
    .int32 array+1
    .size pointers, 16
.section .data.end,"",@
end:
    .skip 1
    .size end, 1
