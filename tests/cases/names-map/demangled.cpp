// Inputs are shown by their raw names, symbols as in the source.
//! link: a.o --no-entry --export-dynamic -M
//! stdout:     Addr      Off     Size Out     In      Symbol
//!          -        8        8 TYPE
//!          -       10        5 FUNCTION
//!          -       15        7 TABLE
//!          -       1c        5 MEMORY
//!          -       21        a GLOBAL
//!          0        0        0         __stack_pointer
//!          -       2b       52 EXPORT
//!          -       7d       17 CODE
//!          -       7e        8         a.o:(_ZN5space5twiceEi)
//!          -       7e        8                 space::twice(int)
//!          -       86        c         a.o:(_ZN5ThingC2Ev)
//!          -       86        c                 Thing::Thing()
//!          -       86        c                 Thing::Thing()
//!          -       94       4c CUSTOM(name)
//!          -       e0       3b CUSTOM(producers)
//!          -      11b       97 CUSTOM(target_features)
//- a.cpp
#define PUBLIC __attribute__((visibility("default")))
namespace space { PUBLIC int twice(int x) { return 2 * x; } }
struct PUBLIC Thing { Thing(); int value; };
Thing::Thing() : value(1) {}
