# The wrapper and what it wraps come from archives, too; the object that defines a function calls the wrapper.
#! link: a.o lib.a --wrap=f --export=g -M -t -y f -y __real_f -y __wrap_f --why-extract=why.txt
#! stdout: a.o
#!   a.o: reference to f
#!   lib.a(f.o)
#!   lib.a(f.o): definition of f
#!   lib.a(wrap.o): lazy definition of __wrap_f
#!   <internal>: reference to __real_f
#!   <internal>: reference to __wrap_f
#!   lib.a(wrap.o)
#!   lib.a(wrap.o): definition of __wrap_f
#!   lib.a(wrap.o): reference to __real_f
#!       Addr      Off     Size Out     In      Symbol
#!          -        8        f TYPE
#!          -       17        7 FUNCTION
#!          -       1e        7 TABLE
#!          -       25        5 MEMORY
#!          -       2a        a GLOBAL
#!          0        0        0         __stack_pointer
#!          -       34       19 EXPORT
#!          -       4d        9 ELEM
#!          -       56       31 CODE
#!          -       57       13         a.o:(_start)
#!          -       57       13                 _start
#!          -       6a        5         lib.a(f.o):(f)
#!          -       6f        b         lib.a(f.o):(g)
#!          -       6f        b                 g
#!          -       7a        b         lib.a(wrap.o):(__wrap_f)
#!          -       7a        b                 __wrap_f
#!          -       87       41 CUSTOM(name)
#! file: why.txt
#!   reference	extracted	symbol
#!   a.o	lib.a(f.o)	f
#!   <internal>	lib.a(wrap.o)	__wrap_f
#- a.s
.functype f (i32) -> (i32)
.globl _start
_start: .functype _start () -> ()
    i32.const 1
    call f
    i32.const f
    drop
    drop
    end_function
#- f.s
.globl f
f: .functype f (i32) -> (i32)
    local.get 0
    end_function
.globl g
g: .functype g () -> (i32)
    i32.const 2
    call f
    end_function
.section .data.slot,"",@
.int32 f
#- wrap.s
.functype __real_f (i32) -> (i32)
.globl __wrap_f
__wrap_f: .functype __wrap_f (i32) -> (i32)
    local.get 0
    call __real_f
    end_function
#- lib.a: f.o wrap.o
