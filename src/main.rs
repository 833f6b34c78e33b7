//! The command line: allocator, arguments, threads, printing, exit code.

mod cli;
#[cfg(target_os = "linux")]
mod heap;

#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: heap::Heap = heap::Heap;
#[cfg(not(target_os = "linux"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // Exiting here skips the destructors of whatever a link leaves behind.
    std::process::exit(cli::run(std::env::args_os()));
}
