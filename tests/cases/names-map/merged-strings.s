# Symbols of merged strings are not in the map: their places are those of many inputs.
#! link: a.o b.o --no-entry --export=run --Map=out.map
#! file: out.map
#!       Addr      Off     Size Out     In      Symbol
#!          -        8        7 TYPE
#!          -        f        5 FUNCTION
#!          -       14        5 MEMORY
#!          -       19        a GLOBAL
#!          0        0        0         __stack_pointer
#!          -       23       12 EXPORT
#!          -       35       1c CODE
#!          -       36       10         a.o:(run)
#!          -       36       10                 run
#!          -       46        9         b.o:(f)
#!          -       46        9                 f
#!          -       51       10 DATA
#!      10000       52        6 .rodata
#!      10000       59        6         <internal>:(.rodata)
#!          -       61       3d CUSTOM(name)
#- a.s
.functype f () -> (i32)
.globl run
run: .functype run () -> (i32)
    i32.const text
    call f
    i32.add
    end_function
.section .rodata.text,"S",@
text: .asciz "hello"
    .size text, 6
#- b.s
.globl f
f: .functype f () -> (i32)
    i32.const text
    end_function
.section .rodata.text,"S",@
text: .asciz "lo"
    .size text, 3
