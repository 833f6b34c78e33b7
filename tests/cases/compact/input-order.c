// --compact leaves an order alone that an option of its own sets: with both, only relocations are compressed.
//! link: a.o --no-entry --export=run --compact --segment-order=input --index-order=input --strip-all
//! link-same: a.o --no-entry --export=run --segment-order=input --compress-relocations --strip-all
//! link-same: a.o --no-entry --export=run --compact --no-compact --compress-relocations --strip-all
//! differs-from-lld: wasm-ld has no such option
//! run: run(2) = 49
static int seldom = 5;
static int often = 3;
__attribute__((noinline)) static int square(int x) { return x * x + (often - 3); }
__attribute__((noinline)) static int twice(int x) { return x + square(often) + seldom; }
int run(int x) { often += square(x) - 4; return square(twice(x) - 9); }
