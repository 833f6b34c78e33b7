# Debug sections may hold addresses of data; those of dropped or undefined data are all ones.
#! link: a.o --no-entry --export=run
#! dump: .debug_info
#!   "\00\00\01\00\ff\ff\ff\ff\ff\ff\ff\ff"
.section .text.run,"",@
.globl run
run: .functype run () -> (i32)
    i32.const 0
    i32.load live
    end_function
.section .data.live,"",@
live: .int32 1
    .size live, 4
.section .data.gone,"",@
gone: .int32 2
    .size gone, 4
.section .debug_info,"",@
    .int32 live
    .int32 gone
    .int32 gone+4
