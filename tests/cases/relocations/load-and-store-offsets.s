# An address may sit in the offset field of a load or store.
#! link: a.o --no-entry --export=run
#! run: run(4) = 20
#! run: run(8) = 30
.section .text.run,"",@
.globl run
run: .functype run (i32) -> (i32)
    local.get 0
    i32.load array
    end_function
.section .data.array,"",@
.p2align 2
array:
    .int32 10
    .int32 20
    .int32 30
    .size array, 12
