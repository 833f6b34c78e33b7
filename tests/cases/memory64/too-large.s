# A 64-bit memory has at most 16 GiB.
#! link: a.o --no-entry --export=run -mwasm64 --initial-memory=17179934720 --max-memory=17179934720
#! fails: $LD: error: initial memory too large, cannot be greater than 17179869184
#!   $LD: error: maximum memory too large, cannot be greater than 17179869184
#- a.s wasm64
.globl run
run: .functype run () -> (i64)
    i64.const 1
    end_function
