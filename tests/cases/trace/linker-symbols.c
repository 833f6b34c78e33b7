// --trace-symbol tells of the linker's own symbols and of stubs for missing functions, too.
//! link: a.o --no-entry --export=run -y __stack_pointer -y __heap_base -y __wasm_call_ctors -y maybe -y run
//! stdout: <internal>: definition of __wasm_call_ctors
//!   <internal>: definition of __stack_pointer
//!   a.o: definition of run
//!   a.o: reference to maybe
//!   a.o: reference to __heap_base
//!   <internal>: definition of __heap_base
//!   <internal>: definition of undefined_weak:maybe
extern char __heap_base;
void maybe(void) __attribute__((weak));
char *run(void) { maybe(); return &__heap_base; }
