// --rpath is for the dynamic linker.
//! link: a.o -shared --experimental-pic --rpath=/lib --rpath=$ORIGIN
//- a.c -fPIC -fvisibility=default
int run(void) { return 1; }
