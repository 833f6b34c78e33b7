# The output has the features of all inputs, sorted.
#! link: a.o b.o --no-entry --export=run
#! link: b.o a.o --no-entry --export=run
#! dump: target_features
#!   +atomics
#!   +sign-ext
#!   +simd128
#- a.s
.globl run
run: .functype run () -> ()
    end_function
.section .custom_section.target_features,"",@
.int8 2
.int8 43
.int8 7
.ascii "simd128"
.int8 43
.int8 7
.ascii "atomics"
#- b.s
.section .custom_section.target_features,"",@
.int8 1
.int8 43
.int8 8
.ascii "sign-ext"
