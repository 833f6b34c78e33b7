// Position-independent output with 64-bit addresses.
//! link: a.o -mwasm64 -shared --experimental-pic --unresolved-symbols=import-dynamic
//! imports: env.memory env.__indirect_function_table env.__memory_base env.__table_base env.call GOT.mem.other GOT.mem.data GOT.mem.zero GOT.mem.addresses GOT.mem.functions GOT.func.call
//- a.c wasm64 -fPIC -fvisibility=default
extern int other;
int call(int);
__attribute__((visibility("hidden"))) int hidden(int a) { return a * 2; }
int data = 7, zero[20];
int *addresses[] = { &data, &other };
int (*functions[])(int) = { call, hidden };
int run(int a) { return call(a) + other + hidden(a) + data + zero[a] + *addresses[a] + functions[a](a); }
