# An object that was built without atomics disallows shared memory.
#! link: a.o --no-entry --export=run --shared-memory --max-memory=131072
#! fails: $LD: error: --shared-memory is disallowed by a.o because it was not compiled with 'atomics' or 'bulk-memory' features.
.globl run
run: .functype run () -> ()
    end_function
.section .custom_section.target_features,"",@
.int8 3
.int8 45
.int8 10
.ascii "shared-mem"
.int8 43
.int8 7
.ascii "atomics"
.int8 43
.int8 11
.ascii "bulk-memory"
