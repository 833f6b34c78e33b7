//! Parallel building blocks. Everything here preserves order: results land by index, whatever the number of threads.
