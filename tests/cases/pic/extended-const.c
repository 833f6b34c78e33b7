// With extended-const segments stay apart and GOT entries are constants.
//! link: a.o b.o -pie --experimental-pic --no-entry -E
//! link: a.o b.o -pie --experimental-pic --no-entry -E --extra-features=extended-const
//- a.c -fPIC -fvisibility=default -mextended-const
extern int data, zero[20];
int f(int);
const int read[] = { 4, 5 };
int run(int a) { zero[a] = data; return f(a) + read[a]; }
int (*get(void))(int) { return f; }
//- b.c -fPIC -fvisibility=default
int data = 7, zero[20];
int f(int a) { return a + 1; }
