// -Bsymbolic: a shared library uses its own definitions.
//! link: a.o -shared -Bsymbolic --experimental-pic
//! imports: env.memory env.__indirect_function_table env.__memory_base env.__table_base env.weak
//- a.c -fPIC -fvisibility=default
int data = 7;
int *address = &data;
int f(int a) { return a + data; }
__attribute__((weak)) int weak(int a) { return a; }
int (*get(int a))(int) { return a ? f : weak; }
int run(int a) { return f(a) + weak(a) + *address; }
