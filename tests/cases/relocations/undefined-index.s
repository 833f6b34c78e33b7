# An undefined global that --unresolved-symbols=ignore-all lets pass has the index 0xffffffff, which is never valid.
#! link: a.o --no-entry --export=run --unresolved-symbols=ignore-all
#! invalid: there is no such global
#! dump: code run
#!   function 0 (run)
#!     global.get 4294967295
.globaltype missing, i32
.globl run
run: .functype run () -> (i32)
    global.get missing
    end_function
