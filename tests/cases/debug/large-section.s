# A debug section of several MiB, which many threads write, with a smaller one of the same name on either side.
#! link: b.o a.o b.o --no-entry --export=run --allow-multiple-definition
#- a.s
.section .text.run,"",@
.globl run
run: .functype run () -> ()
    end_function
.section .text.dead,"",@
dead: .functype dead () -> ()
    end_function
.section .debug_info,"",@
    .rept 300000
    .int32 run
    .int32 run+3
    .int16 0x807
    .int32 dead
    .endr
#- b.s
.section .text.other,"",@
.globl other
other: .functype other () -> ()
    end_function
.section .debug_info,"",@
    .int32 other
    .int16 77
