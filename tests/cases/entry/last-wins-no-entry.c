// --no-entry behind --entry means: none.
//! link: a.o --entry=_start --no-entry
//! exports: memory
void _start(void) {}
