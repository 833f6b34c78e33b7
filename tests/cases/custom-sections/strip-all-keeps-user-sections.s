# --strip-all drops names, producers and features, not the sections of the program.
#! link: a.o --no-entry --export=run --strip-all
#! link: a.o --no-entry --export=run -s
#! dump: notes
#!   "kept"
#! dump: name
#! dump: target_features
.section .custom_section.notes,"",@
.ascii "kept"
.section .custom_section.target_features,"",@
.int8 1
.int8 43
.int8 7
.ascii "atomics"
.section .text.run,"",@
.globl run
run: .functype run () -> ()
    end_function
