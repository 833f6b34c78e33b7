# Tags are exported like other symbols.
#! link: a.o --no-entry --export=run --export=my_tag
#! dump: export
#!   memory Memory 0
#!   my_tag Tag 0
#!   run Func 0
#! dump: tag
#!   (func (param i64))
#- a.s -mattr=+exception-handling
.tagtype my_tag i64
.globl my_tag
my_tag:
.globl run
run: .functype run () -> ()
    i64.const 7
    throw my_tag
    end_function
