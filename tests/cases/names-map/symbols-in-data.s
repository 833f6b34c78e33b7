# A symbol has its own address, offset in the file and size; in zeroed data the offset counts from the input.
#! link: a.o --no-gc-sections --Map=out.map
#! file: out.map
#!       Addr      Off     Size Out     In      Symbol
#!          -        8        6 TYPE
#!          -        e        5 FUNCTION
#!          -       13        5 MEMORY
#!          -       18        a GLOBAL
#!          0        0        0         __stack_pointer
#!          -       22       15 EXPORT
#!          -       37        9 CODE
#!          -       38        3         <internal>:(__wasm_call_ctors)
#!          -       3b        3         a.o:(_start)
#!          -       3b        3                 _start
#!          -       40       16 DATA
#!      10000       41        c .data
#!      10000       48        c         a.o:(.data.words)
#!      10000       48        4                 first
#!      10004       4c        8                 local
#!      1000c       54        0                 end
#!      1000c       40       68 .bss
#!      1000c        0       68         a.o:(.bss.zeros)
#!      10010        4       32                 zeros
#!          -       56       4e CUSTOM(name)
#- a.s
.globl _start
_start: .functype _start () -> ()
    end_function
.section .data.words,"",@
.globl first
first: .int32 1
    .size first, 4
local: .int32 2
    .int32 3
    .size local, 8
end:
    .size end, 0
.section .bss.zeros,"",@
.globl zeros
    .skip 4
zeros: .skip 100
    .size zeros, 50
