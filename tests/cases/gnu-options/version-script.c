// `local:` of a version script hides symbols from --export-dynamic; what --export names stays exported.
//! link: a.o --no-entry --export-dynamic --version-script=map --export=chosen
//! exports: memory api api_two chosen
//! run: api() = 1
//! differs-from-lld: LLD has no such option for WebAssembly
//- a.c -fvisibility=default
int api(void) { return 1; }
int api_two(void) { return 2; }
int hidden(void) { return 3; }
int chosen(void) { return 4; }
//- map
# What the library offers.
V1 { global: api; api_*; local: *; };
