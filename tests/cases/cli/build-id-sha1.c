// --build-id=sha1 is the SHA-1 of the file.
//! link: a.o --no-entry --export=run --build-id=sha1
//! link: a.o --no-entry --export=run --build-id=tree
//! dump: build_id
//!   "\142\b4\86\0d\b1\a5K\a4+=\1eK\cad\c8\b9\e5\a2(\9e"
int run(void) { return 1; }
