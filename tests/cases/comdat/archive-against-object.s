# Groups are claimed when a file is first read: an object before the archive that it needs keeps its own copy.
#! link: main.o lib.a --no-entry --export=run --export=other
#! link: lib.a main.o --no-entry --export=run --export=other
#! run: run() = 1
#! run: other() = 1
#- main.s
.functype other () -> (i32)
.section .text.shared,"G",@,shared,comdat
.weak shared
shared: .functype shared () -> (i32)
    i32.const 1
    end_function
.section .text.run,"",@
.globl run
run: .functype run () -> (i32)
    call shared
    call other
    drop
    end_function
#- other.s
.section .text.shared,"G",@,shared,comdat
.weak shared
shared: .functype shared () -> (i32)
    i32.const 2
    end_function
.section .text.other,"",@
.globl other
other: .functype other () -> (i32)
    call shared
    end_function
#- lib.a: other.o
