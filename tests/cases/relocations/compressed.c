// --compress-relocations shrinks padded numbers; the program stays the same.
//! link: a.o b.o --no-entry --export=run --compress-relocations --strip-debug
//! run: run(1) = 45
//! dump: code
//!   function 0 (run)
//!     i32.const 1
//!     local.get 0
//!     call 2
//!     local.get 0
//!     i32.const 2
//!     i32.shl
//!     i32.const 65536
//!     i32.add
//!     i32.load align=2 offset=0
//!     i32.add
//!   function 1 (inc)
//!     locals 1 i32
//!     i32.const 0
//!     i32.const 0
//!     i32.load align=2 offset=65544
//!     i32.const 1
//!     i32.add
//!     local.tee 1
//!     i32.store align=2 offset=65544
//!     local.get 1
//!     local.get 0
//!     i32.add
//!   function 2 (other)
//!     local.get 1
//!     local.get 0
//!     call_indirect 0 0
//!     local.set 1
//!     i32.const 0
//!     i32.const 0
//!     i32.load align=2 offset=65568
//!     local.tee 0
//!     i32.const -1
//!     i32.add
//!     i32.store align=2 offset=65568
//!     local.get 0
//!     local.get 1
//!     i32.add
//- a.c -g
int other(int (*)(int), int);
static int array[8] = {1, 2, 3};
static int inc(int x) { return ++array[2] + x; }
int run(int x) { return other(inc, x) + array[x]; }
//- b.c -g
static int counter = 38;
int other(int (*f)(int), int x) { return f(x) + counter--; }
