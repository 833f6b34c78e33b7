// A symbol that --export names and nothing defines: the nearest name, as --export takes it.
//! link: a.o --no-entry --export=compute_al --export=area
//! fails: $LD: error: symbol exported via --export not found: compute_al
//!   $LD: error: symbol exported via --export not found: area
//! hints: $LD: error: symbol exported via --export not found: compute_al
//!   >>> did you mean 'compute_all'? It is defined in a.o
//!   
//!   $LD: error: symbol exported via --export not found: area
//!   >>> did you mean '_Z4areai', which is 'area(int)'? It is defined in a.o
extern "C" int compute_all() { return 1; }
int area(int x) { return x; }
