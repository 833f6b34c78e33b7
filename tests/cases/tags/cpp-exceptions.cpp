// C++ exceptions across objects.
//! link: a.o b.o lib.o tag.o --no-entry --export=run
//! dump: tag
//!   (func (param i32))
//! dump: name global
//!   global 0 __stack_pointer
//- a.cpp -fwasm-exceptions
struct Guard { int *p; ~Guard() { *p += 1; } };
void thrower(int);
extern "C" int run(int x) {
    int count = 0;
    { Guard guard{&count}; thrower(x); }
    return count;
}
//- b.cpp -fwasm-exceptions
extern "C" void raise_it(void *);
void thrower(int x) { if (x) raise_it(&x); }
//- lib.cpp -fwasm-exceptions
extern "C" void raise_it(void *p) { __builtin_wasm_throw(0, p); }
//- tag.s
.tagtype __cpp_exception i32
.globl __cpp_exception
__cpp_exception:
