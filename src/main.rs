//! The command line: allocator, arguments, threads, printing, exit code.

mod cli;
mod jobs;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // Exiting here skips the destructors of whatever a link leaves behind.
    std::process::exit(cli::run(std::env::args_os()));
}
