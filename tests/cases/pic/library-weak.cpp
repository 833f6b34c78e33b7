// A weak definition in a shared library is called through its import and exported, even without --export-dynamic.
//! link: a.o b.o -shared --experimental-pic --no-export-dynamic --export=use --no-demangle
//- a.cpp -fPIC -fvisibility=default
inline int twice(int a) { static int calls; return a * 2 + ++calls; }
extern "C" int use(int a) { return twice(a); }
//- b.cpp -fPIC -fvisibility=default
inline int twice(int a) { static int calls; return a * 2 + ++calls; }
int unused(int a) { return twice(a); }
