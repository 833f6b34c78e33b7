//! The command line: allocator, arguments, printing, exit code.
fn main() {}
