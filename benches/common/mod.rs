//! What the benches share: the programs of a corpus.

use std::path::{Path, PathBuf};
use wold::options::Options;
use wold::options::parse;

/// Calls `run` for each program of the corpus, with its folder as the current one and its options read.
///
/// The corpus is the folder `WOLD_CORPUS`; a program is a folder in it that holds the linker's arguments in `link.rsp`.
/// Names on the command line (`cargo bench --bench link -- sqlite`) choose among them, up to a `/`. Says so if there is no
/// corpus.
///
/// # Errors
/// A program whose folder cannot be entered, or what `run` says.
pub fn each_program(mut run: impl FnMut(&str, Options) -> Result<(), String>) -> Result<(), String> {
    let Some(corpus) = std::env::var_os("WOLD_CORPUS") else {
        println!("skipped: WOLD_CORPUS names no folder of programs");
        return Ok(());
    };
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for folder in folders(Path::new(&corpus))? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted.split('/').next() == Some(&name)) {
            std::env::set_current_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            run(&name, options()).map_err(|error| format!("{name}: {error}"))?;
        }
    }
    Ok(())
}

/// The folders with a `link.rsp`, by name, as absolute paths.
fn folders(corpus: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", corpus.display());
    let mut found = Vec::new();
    for entry in corpus.canonicalize().map_err(failed)?.read_dir().map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.join("link.rsp").exists() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The options of the program in the current folder.
fn options() -> Options {
    parse::parse("wold", vec!["@link.rsp".to_owned()], &|path| std::fs::read(path)).options
}
