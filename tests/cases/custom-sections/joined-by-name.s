# Custom sections with one name are joined in the order of the inputs.
#! link: a.o b.o --no-entry --export=run
#! dump: notes
#!   "first;second;"
#- a.s
.section .custom_section.notes,"",@
.ascii "first;"
.section .custom_section.other,"",@
.ascii "lone"
.section .text.run,"",@
.globl run
run: .functype run () -> ()
    end_function
#- b.s
.section .custom_section.notes,"",@
.ascii "second;"
