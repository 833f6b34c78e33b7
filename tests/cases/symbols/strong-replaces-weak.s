# A strong definition replaces a weak one, whatever the order of the inputs.
#! link: a.o b.o --no-entry --export=run
#! link: b.o a.o --no-entry --export=run
#! run: run() = 2
#- a.s
    .weak f
f:  .functype f () -> (i32)
    i32.const 1
    end_function
    .globl run
run: .functype run () -> (i32)
    call f
    end_function
#- b.s
    .globl f
f:  .functype f () -> (i32)
    i32.const 2
    end_function
