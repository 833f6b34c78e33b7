# Custom sections may hold function offsets, section offsets and addresses.
#! link: b.o a.o --no-entry --export=run --export=other
#! dump: .debug_thing
#!   "\05\00\00\00\08\00\00\00\ff\ff\ff\ff"
#- a.s
.section .text.run,"",@
.globl run
run: .functype run () -> ()
    end_function
.section .data.value,"",@
value: .int32 5
    .size value, 4
.section .debug_other,"",@
    .int32 1
.Lmark:
    .int32 2
.section .debug_thing,"",@
    .int32 run
    .int32 .Lmark
    .int32 value
#- b.s
.section .text.other,"",@
.globl other
other: .functype other () -> ()
    end_function
.section .debug_other,"",@
    .int32 3
