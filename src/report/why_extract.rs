//! `--why-extract`: which reference had which archive member linked.

use crate::diagnostic::{Diagnostics, Kind};
use crate::input::Inputs;
use crate::mmap::os_text;
use crate::options::Options;
use crate::resolve::names::Names;
use crate::resolve::{Selection, display_name};
use std::fmt::Write;

/// Writes the table where the options want it: who referred, what was linked, the symbol; in the order in which members
/// were linked.
///
/// # Errors
/// In `diagnostics`: the file cannot be written.
pub fn write(options: &Options, inputs: &Inputs, names: &Names, selection: &Selection, diagnostics: &mut Diagnostics) {
    let Some(path) = &options.why_extract else { return };
    let mut text = String::from("reference\textracted\tsymbol\n");
    for (reference, member, symbol) in selection.extractions() {
        let extracted = inputs.members.get(*member).map_or("<internal>", |member| &member.name);
        let symbol = display_name(names.name(selection.name(*symbol)), options.demangle);
        // Strings take any text.
        let _ = writeln!(text, "{reference}\t{extracted}\t{symbol}");
    }
    if let Err(error) = super::write(path, text, diagnostics) {
        diagnostics.error(Kind::Output, format!("cannot open --why-extract= file {path}: {}", os_text(&error)));
    }
}
