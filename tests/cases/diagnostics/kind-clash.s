# A symbol cannot be a function here and data there.
#! link: a.o b.o --no-entry --export=run
#! fails: $LD: error: symbol type mismatch: thing
#!   >>> defined as WASM_SYMBOL_TYPE_FUNCTION in a.o
#!   >>> defined as WASM_SYMBOL_TYPE_DATA in b.o
#- a.s
.functype thing () -> ()
.globl run
run: .functype run () -> ()
    call thing
    end_function
#- b.s
.section .data.thing,"",@
.globl thing
thing: .int32 1
    .size thing, 4
