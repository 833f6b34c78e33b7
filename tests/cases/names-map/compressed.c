// The map has the sizes that --compress-relocations leaves.
//! link: a.o b.o --no-entry --export=run --compress-relocations -s --Map=out.map
//! file: out.map
//!       Addr      Off     Size Out     In      Symbol
//!          -        8        8 TYPE
//!          -       10        5 FUNCTION
//!          -       15        5 MEMORY
//!          -       1a        a GLOBAL
//!          0        0        0         __stack_pointer
//!          -       24       12 EXPORT
//!          -       36       19 CODE
//!          -       37       11         a.o:(run)
//!          -       37       11                 run
//!          -       48        5         b.o:(f)
//!          -       48        5                 f
//!          -       4f        e DATA
//!      10000       50        4 .data
//!      10000       57        4         a.o:(.data.data)
//!      10000       57        4                 data
//- a.c
int f(int);
int data = 3;
int run(int x) { return f(x) + f(data); }
//- b.c
int f(int x) { return x; }
