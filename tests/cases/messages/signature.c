// A signature mismatch: which parameter differs, and where both sides are.
//! link: a.o b.o --no-entry --export=run
//! warns: $LD: warning: function signature mismatch: scale
//!   >>> defined as (i32, i32, f32) -> i32 in a.o
//!   >>> defined as (i32, i64, f32) -> i64 in b.o
//! hints: $LD: warning: function signature mismatch: scale
//!   >>> defined as (i32, i32, f32) -> i32 in a.o
//!   >>> defined as (i32, i64, f32) -> i64 in b.o
//!   >>> parameter 2: i32 in the first, i64 in the second
//!   >>> result: i32 in the first, i64 in the second
//!   >>> a.o calls it in run (a.c:3)
//!   >>> b.o has it from b.c:3
//- a.c -g
int scale(int, int, float);
int run(void) {
  return scale(1, 2, 3);
}
//- b.c -g

long long scale(int x, long long y, float z) {
  return x + y;
}
