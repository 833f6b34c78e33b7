// An exported data symbol is a constant global that holds the address.
//! link: a.o --no-entry --export=value --export=zero
//! run: u32(value.value) = 42
//! run: zero.value - value.value = 4
//! dump: export
//!   memory Memory 0
//!   value Global 1
//!   zero Global 2
//! dump: global
//!   mut i32 = i32.const 65536
//!   i32 = i32.const 65536
//!   i32 = i32.const 65540
int value = 42;
int zero;
