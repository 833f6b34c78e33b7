# An object without memory is a wasm32 object.
#! link: a.o --no-entry -mwasm64
#! fails: $LD: error: a.o: wasm32 object file can't be linked in wasm64 mode
#- a.o hex
00 61 73 6d 01 00 00 00
00 09 07 6c 69 6e 6b 69 6e 67 02
