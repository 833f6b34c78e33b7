// Every linker-made data symbol has an address when it is referenced.
//! link: a.o --no-entry --export=at -z stack-size=1024 --initial-heap=65536
//! link-same: a.o --no-entry --export=at -z stack-size=1024 --initial-heap=65536 --stack-first
//! run: [0,1,2,3,4,5,6,7,8].map(at) = [1024, 1060, 0, 1024, 1024, 1072, 131072, 1024, 65536]
extern char __dso_handle, __data_end, __stack_low, __stack_high, __global_base, __heap_base, __heap_end,
    __memory_base, __table_base, __wasm_first_page_end;
static void *const all[] = {&__dso_handle, &__data_end, &__stack_low, &__stack_high, &__global_base,
    &__heap_base, &__heap_end, (void *)all, &__wasm_first_page_end};
int at(int i) { return (int)all[i]; }
