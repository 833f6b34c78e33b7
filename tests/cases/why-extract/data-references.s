# A reference to data is listed only if it was there before the archive.
#! link: a.o lib.a --why-extract=why.txt
#! file: why.txt
#!   reference	extracted	symbol
#!   a.o	lib.a(one.o)	one
#!   lib.a(one.o)	lib.a(two.o)	two
#- a.s
.globl _start
_start: .functype _start () -> ()
    i32.const one
    drop
    end_function
#- one.s
.section .data.one,"",@
.globl one
one: .int32 two
    .size one, 4
#- two.s
.section .data.two,"",@
.globl two
two: .int32 1
    .size two, 4
#- lib.a: one.o two.o
