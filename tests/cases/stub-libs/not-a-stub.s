# A .so that is no stub library is an error.
#! link: a.o lib.so --no-entry --export=run
#! fails: $LD: error: unknown file type: lib.so
#- a.s
.globl run
run: .functype run () -> ()
    end_function
#- lib.so
STUB
f
