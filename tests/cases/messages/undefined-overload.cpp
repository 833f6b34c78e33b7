// A C++ function with other parameter types is suggested.
//! link: a.o b.o --no-entry --export=run
//! fails: $LD: error: a.o: undefined symbol: geometry::area(int, int)
//! hints: $LD: error: a.o: undefined symbol: geometry::area(int, int)
//!   >>> referenced by run
//!   >>> did you mean 'geometry::area(int, long)'? It is defined in b.o
//- a.cpp
namespace geometry { int area(int, int); }
extern "C" int run() { return geometry::area(1, 2); }
//- b.cpp
namespace geometry { int area(int a, long b) { return a * b; } }
