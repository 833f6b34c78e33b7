# Rust names are demangled, too.
#! link: a.o --no-entry --export=run
#! fails: $LD: error: a.o: undefined symbol: core::fmt::write::h0123456789abcdef
#!   $LD: error: a.o: undefined symbol: foo::example_function
.functype _ZN4core3fmt5write17h0123456789abcdefE () -> ()
.functype _RNvCskwGfYPst2Cb_3foo16example_function () -> ()
.globl run
run: .functype run () -> ()
    call _ZN4core3fmt5write17h0123456789abcdefE
    call _RNvCskwGfYPst2Cb_3foo16example_function
    end_function
