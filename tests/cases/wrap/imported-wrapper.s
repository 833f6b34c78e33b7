# A missing wrapper can be imported: with the signature of what it wraps.
#! link: a.o --wrap=f --allow-undefined
#! imports: env.__wrap_f
.globl f
f: .functype f (i32) -> (i64)
    i64.const 1
    end_function
.globl _start
_start: .functype _start () -> ()
    i32.const 1
    call f
    drop
    end_function
