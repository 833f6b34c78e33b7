// -z stack-size sets the stack; it must be a multiple of 16.
//! link: a.o --no-entry --export=run --export=__heap_base -z stack-size=8388608
//! run: __heap_base.value = 8388608
//! dump: memory
//!   128
int run(void) { return 1; }
