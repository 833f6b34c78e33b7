# Without a wrapper, references to it are undefined.
#! link: a.o --wrap=f
#! fails: $LD: error: a.o: undefined symbol: __wrap_f
.globl f
f: .functype f () -> ()
    end_function
.globl _start
_start: .functype _start () -> ()
    call f
    end_function
