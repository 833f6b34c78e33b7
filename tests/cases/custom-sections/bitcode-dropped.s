# .llvmbc and .llvmcmd are not passed on.
#! link: a.o --no-entry --export=run
#! dump: .llvmbc
#! dump: notes
#!   "kept"
.section .custom_section.notes,"",@
.ascii "kept"
.section .custom_section..llvmbc,"",@
.ascii "BC"
.section .custom_section..llvmcmd,"",@
.ascii "cmd"
.section .text.run,"",@
.globl run
run: .functype run () -> ()
    end_function
