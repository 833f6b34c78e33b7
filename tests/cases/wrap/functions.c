// --wrap redirects references to __wrap_, and __real_ to the original; definitions stay.
//! link: a.o b.o --no-entry --export=run --wrap=f --wrap=unknown
//! run: run() = 21
//- a.c
int f(void);
int run(void) { return f(); }
//- b.c
int f(void) { return 1; }
int __real_f(void);
int __wrap_f(void) { return __real_f() + 20; }
