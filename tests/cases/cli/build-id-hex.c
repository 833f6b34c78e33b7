// --build-id=0x.. takes the bytes as given.
//! link: a.o --no-entry --export=run --build-id=0x0123abcd
//! dump: build_id
//!   "\04\01#\ab\cd"
int run(void) { return 1; }
