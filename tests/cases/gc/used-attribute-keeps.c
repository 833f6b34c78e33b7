// A symbol marked used survives.
//! link: a.o --no-entry --export=run
//! dump: name func
//!   func 0 run
//! dump: data
//!   at i32.const 65536: "kept\00"
__attribute__((used)) static const char note[] = "kept";
__attribute__((used)) static int kept(void) { return 2; }
int dropped(void) { return 3; }
int run(void) { return 1; }
