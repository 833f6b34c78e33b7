// --no-stack-first: data from 1024, then the stack, then the heap.
//! link: a.o --no-entry --no-stack-first --export=run --export=__heap_base --export=__data_end --export=value
//! run: value.value = 1024
//! run: __data_end.value = 1028
//! run: __heap_base.value = 66576
//! dump: global
//!   mut i32 = i32.const 66576
//!   i32 = i32.const 1024
//!   i32 = i32.const 1028
//!   i32 = i32.const 66576
int value = 7;
int run(void) { return value; }
