// --export-dynamic exports symbols of default visibility, --export-all hidden ones, too; locals never.
//! link: a.o --no-entry --export-dynamic
//! link: a.o --no-entry -E
//! exports: memory __stack_pointer seen
__attribute__((visibility("default"))) int seen(void) { return 1; }
__attribute__((visibility("hidden"))) int hidden(void) { return 2; }
static int __attribute__((used)) local(void) { return 3; }
