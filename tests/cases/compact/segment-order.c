// Compact segments: strict alignment first, then what code names most often, then by name.
//! link: a.o b.o --no-entry --export=run --export=places --segment-order=compact
//! differs-from-lld: wasm-ld has no such option
//! run: run() = 60
//! run: places() = 12435
//! dump: data
//!   at i32.const 65536: "\01\00\00\00\00\00\00\00\03\00\00\00\14\00\01\00\05\00\00\00\02\00\00\00\04"
//- a.c -fno-inline
#define DATA(type, name) __attribute__((used)) type name
DATA(int, seldom) = 5;
DATA(char, letter) = 4;
DATA(int, often) = 3;
DATA(long long, wide) = 1;
DATA(int, pointed) = 2;
extern int *far;
int get(void) { return often; }
void set(int x) { often = x; }
int run(void) { set(get() + seldom + letter); return often * 5 + (wide == 1) - 1 + (*far == 2 ? 0 : 1); }
//- b.c -fno-inline
extern int often, pointed, seldom;
extern char letter;
extern long long wide;
int *far = &pointed;
static int rank(const void *at) {
  const void *all[] = {&wide, &often, far, &seldom, &letter};
  int rank = 1;
  for (int i = 0; i < 5; i++) rank += all[i] < at;
  return rank;
}
int places(void) {
  return rank(&wide) * 10000 + rank(&often) * 1000 + rank(far) * 100 + rank(&seldom) * 10 + rank(&letter);
}
