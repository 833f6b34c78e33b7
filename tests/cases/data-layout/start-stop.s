# __start_X and __stop_X bound the joined segment X.
#! link: a.o b.o --no-entry --export=size --export=__start_table_of
#! run: size() = 12
#! dump: data
#!   at i32.const 65536: "\01\00\00\00\02\00\00\00\03\00\00\00"
#- a.s
.globl size
size: .functype size () -> (i32)
    i32.const __stop_table_of
    i32.const __start_table_of
    i32.sub
    end_function
.section table_of,"R",@
.globl first
first: .int32 1
    .int32 2
    .size first, 8
#- b.s
.section table_of,"R",@
.globl second
second: .int32 3
    .size second, 4
