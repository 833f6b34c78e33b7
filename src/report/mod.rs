//! Views: they read the products of the passes and change nothing.

pub mod dependencies;
pub mod map;
pub mod reproduce;
pub mod time;
pub mod why_extract;

use crate::diagnostic::Diagnostics;
use std::io;

/// Writes a report to the file at `path`, or prints it if that is `-`. `text` ends with a line feed.
///
/// # Errors
/// If the file cannot be written.
fn write(path: &str, text: String, diagnostics: &mut Diagnostics) -> io::Result<()> {
    if path == "-" {
        diagnostics.print(text.trim_end_matches('\n'));
        return Ok(());
    }
    std::fs::write(path, text)
}
