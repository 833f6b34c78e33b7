// A member that is no object fails --whole-archive.
//! link: main.o --whole-archive lib.a --no-entry --export=run
//! fails: $LD: error: The file was not recognized as a valid object file
//- main.c
int run(void) { return 1; }
//- note.txt
This is no object.
//- lib.a: note.txt
