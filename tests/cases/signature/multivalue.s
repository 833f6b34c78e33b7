# Functions may return several values; no parameters, no results are one type.
#! link: a.o b.o --no-entry --export=run
#! run: run() = [1, 2n]
#! dump: type
#!   (func (result i32 i64))
#!   (func)
#- a.s -mattr=+multivalue
.functype pair () -> (i32, i64)
.functype nothing () -> ()
.globl run
run: .functype run () -> (i32, i64)
    call nothing
    call pair
    end_function
#- b.s -mattr=+multivalue
.globl pair
pair: .functype pair () -> (i32, i64)
    i32.const 1
    i64.const 2
    end_function
.globl nothing
nothing: .functype nothing () -> ()
    end_function
