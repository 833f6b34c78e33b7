// --build-id puts a section at the end; the last of several options wins.
//! link: a.o --no-entry --export=run --build-id
//! link: a.o --no-entry --export=run --build-id=sha1 --build-id=fast
//! dump: build_id
//!   "\10Q\ee\a6T\8b\aa^\e7\87\fe\fe\c9>y\13e"
int run(void) { return 1; }
