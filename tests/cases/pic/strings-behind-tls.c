// Joined segments: merged strings are found where they went, behind thread-local data too.
//! link: a.o -pie --experimental-pic --no-entry --export=text --export=value
//! differs-from-lld: wasm-ld adds the old address of .rodata to the string's offset in the joined segment
//! dump: data
//!   at global.get 0: "\01\00\00\00\02\00\00\00text\00"
//! dump: code text
//!   function 1 (text)
//!     global.get 0
//!     i32.const 8
//!     i32.add
//- a.c -fPIC -fvisibility=default -matomics -mbulk-memory
_Thread_local int value[2] = { 1, 2 };
const char *text(void) { return "text"; }
