# Segments of several MiB, which many threads write: one full of addresses, one without any, small ones between them.
#! link: a.o --no-entry --export=run
#! link: a.o --no-entry --export=run --emit-relocs
#! run: run() = 1198366
.section .text.run,"",@
.globl run
run: .functype run () -> (i32)
    i32.const 0
    i32.load addresses+4799988
    i32.load 0
    i32.const 0
    i32.load bytes+1999996
    i32.add
    i32.const 0
    i32.load last
    i32.add
    end_function
.section .data.first,"",@
first: .int32 1000
    .int32 1198360
    .size first, 8
.section .data.addresses,"",@
addresses:
    .rept 400000
    .int32 first+4
    .int32 run
    .int32 0x4030201
    .endr
    .size addresses, 4800000
.section .data.bytes,"",@
bytes:
    .rept 500000
    .int32 4
    .endr
    .size bytes, 2000000
.section .data.last,"",@
last: .int32 2
    .size last, 4
