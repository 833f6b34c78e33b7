// A weak undefined data symbol is at address 0, with or without an addend.
//! link: a.o --no-entry --export=address --export=second --export=through
//! run: address() = 0
//! run: through() = 0
__attribute__((weak)) extern int data[];
int *const pointer = data;
int address(void) { return (int)data; }
int second(void) { return (int)&data[1]; }
int through(void) { return (int)*(int *const volatile *)&pointer; }
