// -pie: own definitions are used directly; GOT entries for them are set at instantiation.
//! link: a.o b.o -pie --experimental-pic --no-entry --export=run --export=get
//! imports: env.__indirect_function_table env.__memory_base env.__table_base
//! exports: memory run get __wasm_apply_data_relocs
//! dump: code __wasm_apply_global_relocs
//!   function 2 (__wasm_apply_global_relocs)
//!     global.get 0
//!     i32.const 16
//!     i32.add
//!     global.set 2
//!     global.get 0
//!     i32.const 4
//!     i32.add
//!     global.set 3
//!     global.get 0
//!     i32.const 0
//!     i32.add
//!     global.set 4
//!     global.get 1
//!     i32.const 0
//!     i32.add
//!     global.set 5
//- a.c -fPIC -fvisibility=default
extern int data, zero[20];
int f(int);
int *address = &data;
int run(int a) { zero[a] = data; return f(a) + *address; }
int (*get(void))(int) { return f; }
const char *text(void) { return "text"; }
//- b.c -fPIC -fvisibility=default
int data = 7, zero[20];
int f(int a) { return a + 1; }
