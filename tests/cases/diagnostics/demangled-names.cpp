// Messages show C++ names as people write them.
//! link: a.o --no-entry --export=run
//! fails: $LD: error: a.o: undefined symbol: space::Box::get(int, char*) const
namespace space { struct Box { int get(int, char *) const; }; }
extern "C" int run(space::Box *box) { return box->get(1, nullptr); }
