# Compact indices: of 140 functions, globals, table slots and types, what code names most often gets one byte.
#! link: a.o --no-entry --export=run --export=all --compact --strip-all
#! differs-from-lld: wasm-ld has no such option
#! run: run() = 42
#! dump: code run
#- a.s -mattr=+multivalue,+reference-types
.globaltype ghot, i32
.irp a, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, x, y, z, w
.irp b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
.globaltype g\a\b, i32
f\a\b: .functype f\a\b () -> ()
    end_function
.endr
.endr
hot: .functype hot (f32) -> (i32)
    i32.const 21
    end_function
.globl all
all: .functype all () -> ()
.irp a, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, x, y, z, w
.irp b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
    call f\a\b
    i32.const f\a\b
    global.set g\a\b
.endr
.endr
    unreachable
.irp a, i32, i64
.irp b, i32, i64
.irp c, i32, i64
.irp d, i32, i64
.irp e, i32, i64
.irp f, i32, i64
.irp g, i32, i64
    call_indirect (\a, \b, \c, \d, \e, \f, \g) -> ()
.endr
.endr
.endr
.endr
.endr
.endr
.endr
    end_function
.globl run
run: .functype run () -> (i32)
    i32.const hot
    global.set ghot
    f32.const 0x0p0
    call hot
    f32.const 0x0p0
    global.get ghot
    i32.const hot
    drop
    call_indirect (f32) -> (i32)
    f32.const 0x0p0
    call hot
    drop
    f32.const 0x0p0
    i32.const hot
    call_indirect (f32) -> (i32)
    drop
    i32.add
    end_function
.irp a, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, x, y, z, w
.irp b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
g\a\b:
.endr
.endr
ghot:
