// With shared memory segments are passive, and thread-local data counts from __tls_base.
//! link: a.o -shared --shared-memory --experimental-pic
//! link: a.o -pie --shared-memory --experimental-pic --no-entry -E
//- a.c -fPIC -fvisibility=default -matomics -mbulk-memory
_Thread_local int exported = 3;
__attribute__((visibility("hidden"))) _Thread_local int hidden = 5;
int data = 7, zero[20];
__attribute__((visibility("hidden"))) int own = 8;
_Thread_local int *pointer = &own;
int *address = &own;
int run(int a) { return exported + hidden + data + zero[a] + *pointer + *address; }
int *get(int a) { return a ? &exported : &hidden; }
