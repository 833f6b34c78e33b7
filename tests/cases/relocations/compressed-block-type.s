# Shortened, the type of a block stays a positive number: one byte holds types below 64, not 128 as for calls.
#! link: a.o --no-entry --export=run --export=many --compress-relocations --strip-debug
#! link-same: a.o --no-entry --export=run --export=many --compact --strip-debug
#! differs-from-lld: wasm-ld 22 writes type 64 as a block without results, and the module does not validate
#! run: run(40) = 42
#! dump: code run
#!   function 1 (run)
#!     local.get 0
#!     block FuncType(64)
#!       i64.const 2
#!     end
#!     i32.wrap_i64
#!     i32.add
#- a.s -mattr=+multivalue,+reference-types
.globl many
many: .functype many () -> ()
    unreachable
.irp a, i32, i64
.irp b, i32, i64
.irp c, i32, i64
.irp d, i32, i64
.irp e, i32, i64
.irp f, i32, i64
    call_indirect (\a, \b, \c, \d, \e, \f) -> ()
.endr
.endr
.endr
.endr
.endr
.endr
    end_function
.globl run
run: .functype run (i32) -> (i32)
    local.get 0
    block (i32) -> (i32, i64)
    i64.const 2
    end_block
    i32.wrap_i64
    i32.add
    end_function
