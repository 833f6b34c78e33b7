// --rsp-quoting=windows keeps backslashes.
//! link: --rsp-quoting=windows @args.txt
//! fails: $LD: error: symbol exported via --export not found: r\un
//- a.c
int run(void) { return 1; }
//- args.txt
a.o --no-entry --export=r\un
