# A 64-bit object needs -mwasm64.
#! link: a.o --no-entry --export=run
#! fails: $LD: error: a.o: must specify -mwasm64 to process wasm64 object files
#- a.s wasm64
.globl run
run: .functype run () -> (i64)
    i64.const 1
    end_function
