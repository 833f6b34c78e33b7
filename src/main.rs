//! The command line: allocator, arguments, threads, printing, exit code.

mod cli;
mod jobs;

use std::io::Write;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    exit(cli::run(std::env::args_os()));
}

/// Ends the process without giving back first, piece by piece, the memory that a link leaves behind: the system takes it all
/// at once.
fn exit(code: i32) -> ! {
    // What cannot be printed is lost at any exit.
    let _ = std::io::stdout().flush();
    #[cfg(unix)]
    #[allow(unsafe_code)]
    // SAFETY: the call has no conditions. It skips what runs at an exit: allocator and streams of the C library, of which
    // nothing is expected here.
    unsafe {
        libc::_exit(code)
    }
    #[cfg(not(unix))]
    std::process::exit(code)
}
