// The module is named after the output file, or by --soname.
//! link: a.o --no-entry --soname=library
//! dump: name
//!   module library
//!   global 0 __stack_pointer
int run(void) { return 1; }
