# .debug_str holds each string once, across objects; offsets follow.
#! link: a.o b.o --no-entry --export=run
#! dump: .debug_str
#!   "two\00one\00three\00"
#! dump: .debug_info
#!   "\04\00\00\00\00\00\00\00\08\00\00\00\00\00\00\00"
#- a.s
.section .text.run,"",@
.globl run
run: .functype run () -> ()
    end_function
.section .debug_str,"S",@
.Lone: .asciz "one"
.Ltwo: .asciz "two"
.section .debug_info,"",@
    .int32 .Lone
    .int32 .Ltwo
#- b.s
.section .debug_str,"S",@
.Lthree: .asciz "three"
.Ltwo: .asciz "two"
.section .debug_info,"",@
    .int32 .Lthree
    .int32 .Ltwo
