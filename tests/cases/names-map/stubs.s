# The map shows the linker's own functions under the names of the symbols that they stand for.
#! link: a.o --unresolved-symbols=ignore-all --no-gc-sections --Map=out.map
#! file: out.map
#!       Addr      Off     Size Out     In      Symbol
#!          -        8        a TYPE
#!          -       12        7 FUNCTION
#!          -       19        5 MEMORY
#!          -       1e        a GLOBAL
#!          0        0        0         __stack_pointer
#!          -       28       15 EXPORT
#!          -       3d       1f CODE
#!          -       3e        3         <internal>:(__wasm_call_ctors)
#!          -       41        4         <internal>:(maybe)
#!          -       45        4         <internal>:(undefined_stub)
#!          -       45        0                 gone
#!          -       49       11         a.o:(_start)
#!          -       49       11                 _start
#!          -       5c       6a CUSTOM(name)
#- a.s
.functype gone (i32) -> ()
.functype maybe () -> ()
.weak maybe
.globl _start
_start: .functype _start () -> ()
    call maybe
    i32.const 1
    call gone
    end_function
