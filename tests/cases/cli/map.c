// -M prints the link map.
//! link: a.o b.o --no-entry --export=run -M
//! stdout:     Addr      Off     Size Out     In      Symbol
//!          -        8        7 TYPE
//!          -        f        5 FUNCTION
//!          -       14        5 MEMORY
//!          -       19        a GLOBAL
//!          0        0        0         __stack_pointer
//!          -       23       12 EXPORT
//!          -       35       4b CODE
//!          -       36       43         a.o:(run)
//!          -       36       43                 run
//!          -       79        5         b.o:(f)
//!          -       79        5                 f
//!          -       80        e DATA
//!      10000       81        4 .data
//!      10000       88        4         a.o:(.data.data)
//!      10000       88        4                 data
//!      10010       80        4 .bss
//!      10010        0        4         a.o:(.bss.zeros.0)
//!      10010        0        4                 zeros.0
//!          -       8e       3b CUSTOM(name)
//!          -       c9       3b CUSTOM(producers)
//!          -      104       97 CUSTOM(target_features)
//- a.c
int f(void);
static int zeros[4], data = 3;
int run(void) { return f() + zeros[0]++ + data++; }
//- b.c
int f(void) { return 1; }
