# A module without linking information cannot be linked.
#! link: bad.o --no-entry
#! fails: $LD: error: bad.o: not a relocatable wasm file
#- bad.o hex
00 61 73 6d 01 00 00 00
