# A segment with the retain flag is a root, when its object is linked at all.
#! link: a.o --no-entry --export=run
#! dump: data
#!   at i32.const 65536: "kept"
.section .text.run,"",@
.globl run
run: .functype run () -> ()
    end_function
.section .data.kept,"R",@
kept: .ascii "kept"
    .size kept, 4
.section .data.gone,"",@
gone: .ascii "gone"
    .size gone, 4
