# Where thread-local data refers to symbols that have GOT entries, __wasm_apply_tls_relocs stores these.
#! link: a.o --no-entry --export=run --export=__wasm_init_tls --shared-memory
#! run: run() = 1
#! dump: data
#!   passive: "\08\00\00\00\02\00\00\00\01\00\00\00"
#! dump: code __wasm_apply_tls_relocs
#!   function 3 (__wasm_apply_tls_relocs)
#!     i32.const 65540
#!     global.get 2
#!     i32.const 2
#!     i32.add
#!     i32.store align=2 offset=0
#!     i32.const 65544
#!     global.get 3
#!     i32.store align=2 offset=0
.globl run
run: .functype run () -> (i32)
    global.get value@GOT@TLS
    drop
    i32.const pointers@TLSREL
    i32.load 0
    drop
    global.get run@GOT
    i32.eqz
    i32.eqz
    return
    end_function
.section .tdata.value,"T",@
.globl value
value: .int32 8
    .size value, 4
.section .tdata.pointers,"T",@
pointers: .int32 value+2
    .int32 run
    .size pointers, 8
.section .custom_section.target_features,"",@
.int8 2
.int8 43
.int8 7
.ascii "atomics"
.int8 43
.int8 11
.ascii "bulk-memory"
