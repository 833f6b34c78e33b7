# A feature that one object uses and another disallows is an error.
#! link: a.o b.o --no-entry --export=run
#! fails: $LD: error: Target feature 'atomics' used in a.o is disallowed by b.o. Use --no-check-features to suppress.
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
