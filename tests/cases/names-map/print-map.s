# -M prints the link map.
#! link: a.o b.o --no-entry --export=run -M
#! stdout:     Addr      Off     Size Out     In      Symbol
#!          -        8        7 TYPE
#!          -        f        5 FUNCTION
#!          -       14        5 MEMORY
#!          -       19        a GLOBAL
#!          0        0        0         __stack_pointer
#!          -       23       12 EXPORT
#!          -       35       1f CODE
#!          -       36       17         a.o:(run)
#!          -       36       17                 run
#!          -       4d        5         b.o:(f)
#!          -       4d        5                 f
#!          -       54        e DATA
#!      10000       55        4 .data
#!      10000       5c        4         a.o:(.data.data)
#!      10000       5c        4                 data
#!      10010       54       10 .bss
#!      10010        0       10         a.o:(.bss.zeros)
#!      10010        0       10                 zeros
#!          -       62       3b CUSTOM(name)
#- a.s
.functype f () -> (i32)
.section .text.run,"",@
.globl run
run: .functype run () -> (i32)
    i32.const zeros
    i32.load data
    drop
    call f
    end_function
.section .data.data,"",@
.globl data
data: .int32 3
    .size data, 4
.section .bss.zeros,"",@
.p2align 4
zeros: .skip 16
    .size zeros, 16
#- b.s
.globl f
f: .functype f () -> (i32)
    i32.const 1
    end_function
