// Zeros are filled by the start function, behind the copied data.
//! link: a.o --no-entry --export=run --shared-memory --max-memory=262144
//! run: run() = 3
//! dump: data
//!   passive: "\03\00\00\00"
//! dump: datacount
//!   1
//- a.c -matomics -mbulk-memory
static int data = 3;
static int zeros[1000];
int run(void) { return *(volatile int *)&data + *(volatile int *)&zeros[999]; }
