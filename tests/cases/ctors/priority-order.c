// Constructors run by priority, those of one priority in the order of the inputs.
//! link: a.o b.o --no-entry --export=run
//! run: run() = 1234
//! dump: code __wasm_call_ctors
//!   function 0 (__wasm_call_ctors)
//!     call 2
//!     call 5
//!     call 1
//!     call 4
//- a.c
volatile int trace;
__attribute__((constructor(300))) static void third(void) { trace = trace * 10 + 3; }
__attribute__((constructor(200))) static void first(void) { trace = trace * 10 + 1; }
int run(void) { return trace; }
//- b.c
extern volatile int trace;
__attribute__((constructor)) static void last(void) { trace = trace * 10 + 4; }
__attribute__((constructor(200))) static void second(void) { trace = trace * 10 + 2; }
