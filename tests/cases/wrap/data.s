# Only functions are wrapped.
#! link: a.o --no-entry --wrap=d
#! fails: $LD: error: symbol type mismatch: __wrap_d
#!   >>> defined as WASM_SYMBOL_TYPE_DATA in a.o
#!   >>> defined as WASM_SYMBOL_TYPE_FUNCTION in <internal>
.globl run
run: .functype run () -> ()
    i32.const d
    drop
    end_function
.section .data.d,"",@
.globl d
d: .int32 1
    .size d, 4
.section .data.w,"",@
.globl __wrap_d
__wrap_d: .int32 1
    .size __wrap_d, 4
