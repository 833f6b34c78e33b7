// A member that is no object is skipped with a warning.
//! link: main.o lib.a --no-entry --export=run
//! warns: $LD: warning: lib.a: archive member 'note.txt' is neither Wasm object file nor LLVM bitcode
//- main.c
int run(void) { return 1; }
//- note.txt
This is no object.
//- lib.a: note.txt
