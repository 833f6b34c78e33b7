// @FILE is replaced by the words of the file; quotes and backslashes as in a shell.
//! link: @args.txt
//! link: --rsp-quoting=posix @args.txt
//! exports: memory run
//- a.c
int run(void) { return 1; }
//- args.txt
a.o --no-entry
  "--export"=r\un 'args-two'.o
//- args-two.c
int other(void) { return 1; }
