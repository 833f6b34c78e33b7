// --no-demangle leaves names as they are.
//! link: a.o --no-entry --export=run --no-demangle
//! fails: $LD: error: a.o: undefined symbol: _ZNK5space3Box3getEiPc
namespace space { struct Box { int get(int, char *) const; }; }
extern "C" int run(space::Box *box) { return box->get(1, nullptr); }
