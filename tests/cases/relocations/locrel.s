# A distance between two places in data is position independent.
#! link: a.o --no-entry --export=run
#! run: run() = 5
.globl run
run: .functype run () -> (i32)
    i32.const where
    i32.const where
    i32.load 0
    i32.add
    i32.load 0
    end_function
.section .data.where,"",@
.p2align 2
where: .int32 value-where
    .size where, 4
.section .rodata.value,"",@
.p2align 2
value: .int32 5
    .size value, 4
