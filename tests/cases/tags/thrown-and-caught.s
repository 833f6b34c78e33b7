# A tag that two objects define weakly is one tag.
#! link: a.o b.o --no-entry --export=run
#! run: run() = 7
#! dump: tag
#!   (func (param i32))
#! dump: type
#!   (func (result i32))
#!   (func)
#!   (func (param i32))
#- a.s -mattr=+exception-handling
.tagtype __cpp_exception i32
.functype throws () -> ()
.globl run
run: .functype run () -> (i32)
    try i32
    call throws
    i32.const 1
    catch __cpp_exception
    end_try
    end_function
.weak __cpp_exception
__cpp_exception:
#- b.s -mattr=+exception-handling
.tagtype __cpp_exception i32
.globl throws
throws: .functype throws () -> ()
    i32.const 7
    throw __cpp_exception
    end_function
.weak __cpp_exception
__cpp_exception:
