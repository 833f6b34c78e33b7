# With -mwasm32, and only then, a wasm64 object is called a wasm32 object; only the first of several is reported.
#! link: a.o b.o --no-entry -mwasm32
#! fails: $LD: error: a.o: wasm32 object file can't be linked in wasm64 mode
#- a.s wasm64
.globl run
run: .functype run () -> (i64)
    i64.const 1
    end_function
#- b.s wasm64
.globl other
other: .functype other () -> ()
    end_function
