// --import-memory=M,N names module and field; --export-memory=N the export.
//! link: a.o --no-entry --export=run --import-memory=mod,mem --export-memory=again
//! dump: import
//!   mod.mem memory 1
//! dump: export
//!   again Memory 0
//!   run Func 0
int run(void) { return 1; }
