# -O0 joins .debug_str as it is.
#! link: a.o b.o --no-entry --export=run -O0
#! dump: .debug_str
#!   "one\00three\00one\00"
#! dump: .debug_info
#!   "\00\00\00\00\04\00\00\00\0a\00\00\00"
#- a.s
.section .text.run,"",@
.globl run
run: .functype run () -> ()
    end_function
.section .debug_str,"S",@
.Lone: .asciz "one"
.section .debug_info,"",@
    .int32 .Lone
#- b.s
.section .debug_str,"S",@
.Lthree: .asciz "three"
.Lone: .asciz "one"
.section .debug_info,"",@
    .int32 .Lthree
    .int32 .Lone
