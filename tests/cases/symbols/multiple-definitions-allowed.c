// --allow-multiple-definition takes the first.
//! link: a.o b.o --no-entry --export=f --allow-multiple-definition
//! link: a.o b.o --no-entry --export=f -z muldefs
//! run: f() = 1
//- a.c
int f(void) { return 1; }
//- b.c
int f(void) { return 2; }
