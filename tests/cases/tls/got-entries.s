# With shared memory a GOT entry of thread-local data is mutable, and __wasm_init_tls sets it for each thread.
#! link: a.o --no-entry --export=run --export=__wasm_init_tls --shared-memory
#! run: run() = 21
#! dump: global
#!   mut i32 = i32.const 65536
#!   mut i32 = i32.const 0
#!   mut i32 = i32.const 0
#!   i32 = i32.const 65540
#! dump: code __wasm_init_tls
#!   function 0 (__wasm_init_tls)
#!     local.get 0
#!     global.set 1
#!     local.get 0
#!     i32.const 0
#!     i32.const 4
#!     memory.init 0 0
#!     call 2
#! dump: code __wasm_apply_global_tls_relocs
#!   function 2 (__wasm_apply_global_tls_relocs)
#!     global.get 1
#!     i32.const 0
#!     i32.add
#!     global.set 2
.functype __wasm_init_tls (i32) -> ()
.globl run
run: .functype run () -> (i32)
    i32.const 64
    call __wasm_init_tls
    global.get second@GOT@TLS
    i32.load 0
    global.get plain@GOT
    i32.load 0
    i32.add
    end_function
.section .tdata.first,"T",@
    .int32 1
.section .tdata.second,"T",@
.globl second
second: .int32 8
    .size second, 4
.section .data.plain,"",@
.globl plain
plain: .int32 13
    .size plain, 4
.section .custom_section.target_features,"",@
.int8 2
.int8 43
.int8 7
.ascii "atomics"
.int8 43
.int8 11
.ascii "bulk-memory"
