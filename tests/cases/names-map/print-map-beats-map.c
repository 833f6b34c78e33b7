// -M prints the map whatever --Map says.
//! link: a.o --no-entry --export=run -s --Map=out.map -M
//! link: a.o --no-entry --export=run -s -M --Map=out.map
//! stdout:     Addr      Off     Size Out     In      Symbol
//!          -        8        7 TYPE
//!          -        f        4 FUNCTION
//!          -       13        5 MEMORY
//!          -       18        a GLOBAL
//!          0        0        0         __stack_pointer
//!          -       22       12 EXPORT
//!          -       34        8 CODE
//!          -       35        5         a.o:(run)
//!          -       35        5                 run
int run(void) { return 1; }
