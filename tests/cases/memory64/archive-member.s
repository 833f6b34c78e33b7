# Members of archives are checked too, whether they are needed or not.
#! link: lib.a --no-entry
#! fails: $LD: error: lib.a(a.o): must specify -mwasm64 to process wasm64 object files
#- a.s wasm64
.globl run
run: .functype run () -> (i64)
    i64.const 1
    end_function
#- lib.a: a.o
