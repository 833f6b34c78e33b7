// -shared: memory, table and bases are imported; what other modules may replace is reached through imports, and exported.
//! link: a.o -shared --experimental-pic --unresolved-symbols=import-dynamic
//! imports: env.memory env.__indirect_function_table env.__memory_base env.__table_base env.weak env.call env.maybe GOT.mem.other GOT.mem.data GOT.func.maybe GOT.mem.addresses GOT.func.weak GOT.func.call
//! exports: __wasm_call_ctors weak run data addresses get functions __wasm_apply_data_relocs
//! dump: code __wasm_apply_data_relocs
//!   function 4 (__wasm_apply_data_relocs)
//!     i32.const 16
//!     global.get 0
//!     i32.add
//!     global.get 3
//!     i32.store align=2 offset=0
//!     i32.const 20
//!     global.get 0
//!     i32.add
//!     global.get 2
//!     i32.store align=2 offset=0
//!     i32.const 24
//!     global.get 0
//!     i32.add
//!     global.get 0
//!     i32.const 4
//!     i32.add
//!     i32.store align=2 offset=0
//!     i32.const 28
//!     global.get 0
//!     i32.add
//!     global.get 0
//!     i32.const 8
//!     i32.add
//!     i32.store align=2 offset=0
//!     i32.const 32
//!     global.get 0
//!     i32.add
//!     global.get 7
//!     i32.store align=2 offset=0
//!     i32.const 36
//!     global.get 0
//!     i32.add
//!     global.get 1
//!     i32.const 0
//!     i32.add
//!     i32.store align=2 offset=0
//!     i32.const 40
//!     global.get 0
//!     i32.add
//!     global.get 6
//!     i32.store align=2 offset=0
//- a.c -fPIC -fvisibility=default
extern int other;
int call(int);
__attribute__((weak)) int weak(int a) { return a + 1; }
__attribute__((weak)) int maybe(void);
__attribute__((visibility("hidden"))) int hidden(int a) { return a * 2; }
int data = 7;
static int own = 5;
int *addresses[] = { &data, &other, &own, &own + 1 };
int (*functions[])(int) = { call, hidden, weak };
int run(int a) { return call(a) + other + weak(a) + hidden(a) + data + (maybe ? maybe() : 0) + *addresses[a]; }
int (*get(int a))(int) { return a ? hidden : weak; }
