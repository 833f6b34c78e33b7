# A reference to a dead function is all ones, in .debug_ranges and .debug_loc it is -2.
#! link: a.o --no-entry --export=run
#! dump: .debug_info
#!   "\02\00\00\00\ff\ff\ff\ff"
#! dump: .debug_ranges
#!   "\02\00\00\00\fe\ff\ff\ff"
#! dump: .debug_loc
#!   "\fe\ff\ff\ff"
.section .text.run,"",@
.globl run
run: .functype run () -> ()
    end_function
.section .text.dead,"",@
dead: .functype dead () -> ()
    end_function
.section .debug_info,"",@
    .int32 run
    .int32 dead
.section .debug_ranges,"",@
    .int32 run
    .int32 dead
.section .debug_loc,"",@
    .int32 dead
