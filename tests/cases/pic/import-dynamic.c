// --unresolved-symbols=import-dynamic in a program at fixed addresses: undefined data comes from imported GOT entries.
//! link: a.o --no-entry --export=run --export=addresses --unresolved-symbols=import-dynamic --experimental-pic
//! imports: env.call GOT.mem.other GOT.func.call
//- a.c -fPIC -fvisibility=default
extern int other;
int call(int);
static int own = 5;
int *addresses[] = { &other, &other + 1, &own };
int (*pointer)(int) = call;
int run(int a) { return call(a) + other + *addresses[a] + own + pointer(a); }
