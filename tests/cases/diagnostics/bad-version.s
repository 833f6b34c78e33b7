# A module of another version is an error.
#! link: bad.o --no-entry
#! fails: $LD: error: bad.o: invalid version number: 2
#- bad.o hex
00 61 73 6d 02 00 00 00
