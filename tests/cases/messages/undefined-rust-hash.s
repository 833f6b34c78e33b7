# A Rust symbol that differs by its hash comes from another build.
#! link: a.o b.o --no-entry --export=run
#! fails: $LD: error: a.o: undefined symbol: demo::area::h0123456789abcdef
#! hints: $LD: error: a.o: undefined symbol: demo::area::h0123456789abcdef
#!   >>> referenced by run
#!   >>> b.o defines it with another hash: from another build of the crate, or by another compiler
#- a.s
.functype _ZN4demo4area17h0123456789abcdefE () -> (i32)
.globl run
run:
  .functype run () -> (i32)
  call _ZN4demo4area17h0123456789abcdefE
  end_function
#- b.s
.globl _ZN4demo4area17hfedcba9876543210E
_ZN4demo4area17hfedcba9876543210E:
  .functype _ZN4demo4area17hfedcba9876543210E () -> (i32)
  i32.const 7
  end_function
