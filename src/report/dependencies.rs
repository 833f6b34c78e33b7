//! `--dependency-file`: a makefile rule that says which files the output is made from.

use crate::input::{FileSystem, Inputs, imports_path};
use crate::options::Options;
use std::collections::HashSet;
use std::fmt::Write;
use std::path::Path;

/// The rule, and an empty rule for each file, so that make goes on should one vanish.
pub fn text(options: &Options, inputs: &Inputs, disk: &dyn FileSystem) -> String {
    let mut seen = HashSet::new();
    let lists = options.allow_undefined_file.iter().chain(&options.version_scripts).chain(&options.export_lists);
    let opened = inputs.paths().iter().chain(lists).cloned();
    let beside = inputs.paths().iter().filter(|path| path.ends_with(".a")).map(|path| imports_path(path));
    let read = beside.filter(|path| disk.exists(Path::new(path)));
    let files: Vec<String> =
        opened.chain(read).filter(|path| seen.insert(path.clone())).map(|path| quoted(&path)).collect();
    let mut text = format!("{}:", quoted(&options.output));
    // Strings take any text.
    files.iter().for_each(|file| _ = write!(text, " \\\n  {file}"));
    text.push('\n');
    files.iter().for_each(|file| _ = write!(text, "\n{file}:\n"));
    text
}

/// A path as make and ninja read it: blanks and `#` with a backslash, before which backslashes are doubled; `$` doubled.
fn quoted(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut backslashes = 0;
    for letter in path.chars() {
        match letter {
            '$' => text.push('$'),
            ' ' => text.extend(std::iter::repeat_n('\\', backslashes + 1)),
            '#' => text.push('\\'),
            _ => {}
        }
        backslashes = if letter == '\\' { backslashes + 1 } else { 0 };
        text.push(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_for_make() {
        for (path, expected) in [("a.o", "a.o"), ("a b#$c", "a\\ b\\#$$c"), ("x\\ y\\z", "x\\\\\\ y\\z")] {
            assert_eq!(quoted(path), expected);
        }
    }
}
