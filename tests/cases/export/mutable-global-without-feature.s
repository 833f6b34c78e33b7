# Exporting a mutable global needs the feature mutable-globals.
#! link: a.o --no-entry --export=counter
#! fails: $LD: error: mutable global exported but 'mutable-globals' feature not present in inputs: `counter`. Use --no-check-features to suppress.
.globl counter
.globaltype counter, i32
counter:
