# Without inputs nothing can be linked.
#! link: --no-entry
#! fails: $LD: error: no input files
