# An empty file is an error.
#! link: bad.o --no-entry
#! fails: $LD: error: unknown file type: bad.o
#- bad.o hex
