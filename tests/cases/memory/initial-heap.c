// --initial-heap adds to what stack and data need.
//! link: a.o --no-entry --export=run --initial-heap=131072 --export=__heap_end
//! dump: memory
//!   3
//! dump: global
//!   mut i32 = i32.const 65536
//!   i32 = i32.const 196608
int run(void) { return 1; }
