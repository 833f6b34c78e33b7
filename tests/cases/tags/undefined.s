# An undefined tag is an error.
#! link: a.o --no-entry --export=run
#! fails: $LD: error: a.o: undefined symbol: my_tag
#- a.s -mattr=+exception-handling
.tagtype my_tag i64
.globl run
run: .functype run () -> ()
    i64.const 7
    throw my_tag
    end_function
