# --no-check-features silences the conflict.
#! link: a.o b.o --no-entry --export=run --no-check-features
#! dump: target_features
#!   +atomics
#- a.s
.globl run
run: .functype run () -> ()
    end_function
.section .custom_section.target_features,"",@
.int8 1
.int8 43
.int8 7
.ascii "atomics"
#- b.s
.section .custom_section.target_features,"",@
.int8 1
.int8 45
.int8 7
.ascii "atomics"
