// -l searches the folders of all -L in order, wherever they stand, and takes libNAME.a or with a colon the exact name.
//! link: main.o -lfirst -l:second.lib.a --library-path=two -L one --no-entry --export=run
//! link: main.o -L=nowhere --library first -L two -Lone -l:second.lib.a --no-entry --export=run
//! run: run() = 12
//- main.c
int first(void); int second(void);
int run(void) { return first() * 10 + second(); }
//- good.c
int first(void) { return 1; }
//- second.c
int second(void) { return 2; }
//- wrong.c
int first(void) { return 7; }
//- two/libfirst.a: good.o
//- one/libfirst.a: wrong.o
//- one/second.lib.a: second.o
