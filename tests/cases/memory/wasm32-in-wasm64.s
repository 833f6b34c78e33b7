# A 32-bit object cannot be linked with -mwasm64.
#! link: a.o --no-entry --export=run -mwasm64
#! fails: $LD: error: a.o: wasm32 object file can't be linked in wasm64 mode
.globl run
run: .functype run () -> (i64)
    i64.const 1
    end_function
