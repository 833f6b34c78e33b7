//! Views: they read the products of the passes and change nothing.

pub mod map;
pub mod time;

use crate::diagnostic::{Diagnostics, Failed, Kind};
use crate::mmap::os_text;

/// Writes a report to the file at `path`, or prints it if that is `-`. `text` ends with a line feed.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &str, text: String, diagnostics: &mut Diagnostics) -> Result<(), Failed> {
    if path == "-" {
        diagnostics.print(text.trim_end_matches('\n'));
        return Ok(());
    }
    std::fs::write(path, text).map_err(|error| {
        diagnostics.error(Kind::Output, format!("cannot open {path}: {}", os_text(&error)));
        Failed
    })
}
