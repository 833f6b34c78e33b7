# Each object's piece of a segment keeps its own alignment.
#! link: a.o b.o --no-entry --export=x --export=y
#! run: y.value - x.value = 32
#! dump: data
#!   at i32.const 65536: "\01\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\02"
#- a.s
.section .data.x,"",@
.globl x
x: .int8 1
   .size x, 1
#- b.s
.section .data.y,"",@
.globl y
.p2align 5
y: .int8 2
   .size y, 1
