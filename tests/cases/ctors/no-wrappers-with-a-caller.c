// A program that calls __wasm_call_ctors itself gets no wrappers.
//! link: a.o --no-entry --export=run --export=_initialize
//! run: run() = 0
//! run: _initialize() = undefined
//! run: run() = 3
//! exports: memory run _initialize
static volatile int value;
void __wasm_call_ctors(void);
__attribute__((constructor)) static void set(void) { value = 3; }
int run(void) { return value; }
void _initialize(void) { __wasm_call_ctors(); }
