// The table cannot be imported and exported.
//! link: a.o --no-entry --export=run --import-table --export-table
//! fails: $LD: error: --import-table and --export-table may not be used together
int run(void) { return 1; }
