# A relocation relative to thread-local data needs a defined symbol, and with shared memory one in a .tdata section.
#! link: a.o --no-entry --export=run --shared-memory
#! fails: $LD: error: a.o: relocation R_WASM_MEMORY_ADDR_TLS_SLEB cannot be used against `plain` in non-TLS section: .data
#!   $LD: error: a.o: relocation R_WASM_MEMORY_ADDR_TLS_SLEB cannot be used against an undefined symbol `missing`
#!   $LD: error: a.o: undefined symbol: missing
.globl run
run: .functype run () -> (i32)
    i32.const plain@TLSREL
    i32.const missing@TLSREL
    i32.add
    end_function
.section .data.plain,"",@
plain: .int32 8
    .size plain, 4
.section .custom_section.target_features,"",@
.int8 2
.int8 43
.int8 7
.ascii "atomics"
.int8 43
.int8 11
.ascii "bulk-memory"
