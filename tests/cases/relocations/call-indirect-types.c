// Types of indirect calls are renumbered, table slots follow first use.
//! link: a.o b.o --no-entry --export=run
//! run: run(1) = 8
//! dump: elem
//!   table 0 at i32.const 1: 0 1 3 4
//! dump: type
//!   (func (param i32) (result i32))
//!   (func (param i64) (result f64))
//!   (func (param i64 f32) (result f64))
//- a.c
double other(long long);
int add(int x) { return x + 1; }
int twice(int x) { return x * 2; }
typedef int (*F)(int);
volatile F table[2] = {add, twice};
int run(int x) { return table[0](table[1](x)) + (int)other(2); }
//- b.c
static double half(long long x) { return (double)x / 2; }
static double more(long long x, float y) { return x + y; }
double (*volatile one)(long long) = half;
double (*volatile two)(long long, float) = more;
double other(long long x) { return one(x) + two(x, 2); }
