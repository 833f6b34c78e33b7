// The hint names the member that is no object.
//! link: main.o --whole-archive lib.a --no-entry --export=run
//! fails: $LD: error: The file was not recognized as a valid object file
//! hints: $LD: error: The file was not recognized as a valid object file
//!   >>> lib.a(note.txt)
//- main.c
int run(void) { return 1; }
//- note.txt
text
//- lib.a: note.txt
