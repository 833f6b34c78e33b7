// Debug sections of several objects are joined, with offsets into code and sections moved.
//! link: a.o b.o --no-entry --export=run
//! run: run() = 3
//- a.c -g
int other(int);
int run(void) { return other(2); }
//- b.c -g
static const char text[] = "abc";
int other(int x) { return x + text[1] - 'a'; }
