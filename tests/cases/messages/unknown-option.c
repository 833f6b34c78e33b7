// The nearest option is named behind an unknown one.
//! link: a.o --no-entry --export-dinamic --max-memry=65536 --waka
//! fails: $LD: error: unknown argument: --export-dinamic
//!   $LD: error: unknown argument: --max-memry=65536
//!   $LD: error: unknown argument: --waka
//! hints: $LD: error: unknown argument: --export-dinamic
//!   >>> did you mean '--export-dynamic'?
//!   
//!   $LD: error: unknown argument: --max-memry=65536
//!   >>> did you mean '--max-memory=65536'?
//!   
//!   $LD: error: unknown argument: --waka
int run(void) { return 1; }
