// --no-shlib-sigcheck: the caller is right.
//! link: a.o -shared --experimental-pic libmin.so --no-shlib-sigcheck
//! link: -shared libmin.so a.o --experimental-pic --no-shlib-sigcheck
//- a.c -fPIC -fvisibility=default
float f(void);
float run(void) { return f(); }
//- libmin.so hex
00 61 73 6d 01 00 00 00 00 0f 08 64 79 6c 69 6e 6b 2e 30 01 04 04 02 00 00 01 09 02 60 00 00 60
01 7f 01 7f 02 38 03 03 65 6e 76 06 6d 65 6d 6f 72 79 02 00 01 03 65 6e 76 0d 5f 5f 6d 65 6d 6f
72 79 5f 62 61 73 65 03 7f 00 03 65 6e 76 0c 5f 5f 74 61 62 6c 65 5f 62 61 73 65 03 7f 00 03 03
02 00 01 06 06 01 7f 00 41 00 0b 07 20 03 11 5f 5f 77 61 73 6d 5f 63 61 6c 6c 5f 63 74 6f 72 73
00 00 01 66 00 01 04 64 61 74 61 03 02 0a 0c 02 02 00 0b 07 00 20 00 41 01 6a 0b 0b 0a 01 00 23
00 0b 04 07 00 00 00
