# Without shared memory a GOT entry of thread-local data is a constant address.
#! link: a.o --no-entry --export=run --no-check-features
#! run: run() = 8
#! dump: global
#!   mut i32 = i32.const 65536
#!   i32 = i32.const 65536
.globl run
run: .functype run () -> (i32)
    global.get value@GOT@TLS
    i32.load 0
    end_function
.section .tdata.value,"T",@
.globl value
value: .int32 8
    .size value, 4
