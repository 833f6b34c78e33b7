# Exports are looked up by name and so get the wrapper; the entry that was asked for stays exported.
#! link: a.o --wrap=f --entry=f --export=g --wrap=g --print-gc-sections
#! exports: memory f __wrap_g
#! stdout: removing unused section a.o:(g)
#!   removing unused section <internal>:(__wasm_call_ctors)
.globl f
f: .functype f () -> ()
    end_function
.globl g
g: .functype g () -> ()
    end_function
.globl __wrap_f
__wrap_f: .functype __wrap_f () -> ()
    nop
    end_function
.globl __wrap_g
__wrap_g: .functype __wrap_g () -> ()
    nop
    nop
    end_function
