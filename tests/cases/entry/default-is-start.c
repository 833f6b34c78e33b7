// Without an option _start is the entry; it is exported.
//! link: a.o
//! exports: memory _start
//! run: _start() = undefined
void _start(void) {}
