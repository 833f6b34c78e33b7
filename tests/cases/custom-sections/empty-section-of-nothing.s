# A custom section without bytes is still there.
#! link: a.o --no-entry --export=run
#! dump: empty
.section .custom_section.empty,"",@
.section .text.run,"",@
.globl run
run: .functype run () -> ()
    end_function
