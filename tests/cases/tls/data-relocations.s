# Thread-local data with relocations makes __wasm_apply_tls_relocs, which has nothing to do if addresses are known.
#! link: a.o --no-entry --export=run --export=__wasm_init_tls --shared-memory
#! run: run() = 5
#! dump: data
#!   passive: "\04\00\01\00"
#!   passive: "\05\00\00\00"
#! dump: code __wasm_init_tls
#!   function 0 (__wasm_init_tls)
#!     local.get 0
#!     global.set 1
#!     local.get 0
#!     i32.const 0
#!     i32.const 4
#!     memory.init 0 0
#!     call 2
#! dump: code __wasm_apply_tls_relocs
#!   function 2 (__wasm_apply_tls_relocs)
.globaltype __tls_base, i32
.globl run
run: .functype run () -> (i32)
    global.get __tls_base
    i32.const pointer@TLSREL
    i32.add
    i32.load 0
    i32.load 0
    end_function
.section .tdata.pointer,"T",@
pointer: .int32 plain
    .size pointer, 4
.section .data.plain,"",@
plain: .int32 5
    .size plain, 4
.section .custom_section.target_features,"",@
.int8 2
.int8 43
.int8 7
.ascii "atomics"
.int8 43
.int8 11
.ascii "bulk-memory"
