// -Bsymbolic means nothing without -shared.
//! link: a.o -Bsymbolic --no-entry --export=run
//! warns: $LD: warning: -Bsymbolic is only meaningful when combined with -shared
//- a.c
int run(void) { return 1; }
