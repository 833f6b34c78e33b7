// --print-gc-sections lists what is dropped.
//! link: a.o lib.a --no-entry --export=run --print-gc-sections
//! stdout: removing unused section a.o:(dead)
//!   removing unused section a.o:(.data.data)
//!   removing unused section a.o:(.rodata..L.str)
//!   removing unused section a.o:(.data.text)
//!   removing unused section lib.a(f.o):(dead_member)
//!   removing unused section <internal>:(__wasm_call_ctors)
//- a.c -ffunction-sections -fdata-sections
int f(void);
int data = 5;
const char *text = "text";
int dead(void) { return data; }
int run(void) { return f(); }
//- f.c
int dead_member(void) { return 2; }
int f(void) { return 1; }
//- lib.a: f.o
