# Tables of the program are numbered behind the imports, the function table last.
#! link: a.o --no-entry --export=run --export=mine
#! dump: table
#!   0 externref
#!   0 funcref
#!   2..2 funcref
#! dump: elem
#!   table 2 at i32.const 1: 0
#! dump: export
#!   memory Memory 0
#!   mine Table 0
#!   run Func 0
#- a.s -mattr=+reference-types
.functype run () -> (i32)
.tabletype mine, externref
.globl mine
mine:
.tabletype other, funcref
other:
.globl run
run: .functype run () -> (i32)
    i32.const 0
    ref.null_extern
    table.set mine
    i32.const 0
    ref.null_func
    table.set other
    i32.const run
    end_function
