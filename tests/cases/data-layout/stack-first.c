// The stack is below the data by default; --no-stack-first puts it behind, --global-base moves the data.
//! link: a.o --no-entry --export=run --export=__heap_base --export=__data_end --export=value
//! run: value.value = 65536
//! run: __data_end.value = 65540
//! run: __heap_base.value = 65552
//! dump: global
//!   mut i32 = i32.const 65536
//!   i32 = i32.const 65536
//!   i32 = i32.const 65540
//!   i32 = i32.const 65552
int value = 7;
int run(void) { return value; }
