# A file of another kind is an error.
#! link: text.o --no-entry
#! fails: $LD: error: unknown file type: text.o
#- text.o
This is no object.
