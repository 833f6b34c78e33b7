# With --features a used feature must be in the list.
#! link: a.o --no-entry --export=run --features=multivalue
#! fails: $LD: error: Target feature 'atomics' used by a.o is not allowed.
.globl run
run: .functype run () -> ()
    end_function
.section .custom_section.target_features,"",@
.int8 1
.int8 43
.int8 7
.ascii "atomics"
