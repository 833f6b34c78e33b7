# Segments with names of their own keep the order of the inputs: programs walk through them.
#! link: a.o b.o --no-entry --export=run --compact --strip-all
#! differs-from-lld: wasm-ld has no such option
#! run: run() = 123
#- a.s
.globl run
run: .functype run () -> (i32)
    i32.const __start_walk
    i32.load8_u 0
    i32.const 100
    i32.mul
    i32.const __start_walk
    i32.load8_u 1
    i32.const 10
    i32.mul
    i32.add
    i32.const __stop_walk
    i32.const 1
    i32.sub
    i32.load8_u 0
    i32.add
    i32.const often
    drop
    i32.const often
    drop
    i32.const first
    drop
    i32.const seldom
    drop
    end_function
.section walk,"R",@
.globl first
first: .int8 1
    .size first, 1
.section .ranks.z,"",@
seldom: .int8 9
    .size seldom, 1
#- b.s
.section walk,"R",@
.globl often
often: .int8 2
    .size often, 1
.section walk,"R",@
    .int8 3
