// Archives may need each other in any order, however often.
//! link: main.o a.a b.a --no-entry --export=run
//! link: b.a main.o a.a a.a --no-entry --export=run
//! run: run() = 10
//- main.c
int a1(void);
int run(void) { return a1(); }
//- a1.c
int b1(void);
int a1(void) { return b1() + 1; }
//- a2.c
int b2(void);
int a2(void) { return b2() + 2; }
//- b1.c
int a2(void);
int b1(void) { return a2() + 3; }
//- b2.c
int b2(void) { return 4; }
//- a.a: a1.o a2.o
//- b.a: b1.o b2.o
