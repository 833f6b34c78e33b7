# A definition in a comdat group of which another file's copy is linked does not count.
#! link: a.o b.o --no-entry --export=run
#! fails: $LD: error: a.o: undefined symbol: in_b
#! hints: $LD: error: a.o: undefined symbol: in_b
#!   >>> referenced by run
#!   >>> b.o defines it in the comdat group 'group', of which another file's copy is linked
#- a.s
.functype in_b () -> (i32)
.section .text.in_a,"G",@,group,comdat
.globl in_a
in_a:
  .functype in_a () -> (i32)
  i32.const 1
  end_function
.section .text.run,"",@
.globl run
run:
  .functype run () -> (i32)
  call in_b
  end_function
#- b.s
.section .text.in_b,"G",@,group,comdat
.globl in_b
in_b:
  .functype in_b () -> (i32)
  i32.const 2
  end_function
