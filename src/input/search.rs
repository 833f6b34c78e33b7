//! Positional arguments -> the files that they name, with the state that holds where each of them stands.

use crate::diagnostic::{Diagnostic, Kind, Subject};
use crate::input::FileSystem;
use crate::options::{Options, Positional};
use std::path::Path;

/// A file to open, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// As given, or as found by the library search.
    pub path: String,
    /// Between `--start-lib` and `--end-lib`: objects are linked only if something needs them.
    pub lazy: bool,
    /// Behind `--whole-archive`: all members of archives are linked.
    pub whole_archive: bool,
    /// Behind `-Bstatic` (default, unless the output is position independent): shared libraries are refused.
    pub is_static: bool,
}

/// Walks the positional arguments in order. Errors stand where LLD reports them.
pub fn requests(options: &Options, disk: &dyn FileSystem) -> Vec<Result<Request, Diagnostic>> {
    let mut state = Request { path: String::new(), lazy: false, whole_archive: false, is_static: !options.is_pic() };
    let mut requests = Vec::with_capacity(options.inputs.len());
    for positional in &options.inputs {
        match positional {
            Positional::File(path) => requests.push(Ok(Request { path: path.clone(), ..state })),
            Positional::Library(name) => requests.push(match find_library(name, &state, options, disk) {
                Some(path) => Ok(Request { path, ..state }),
                None => {
                    let error = Diagnostic::error(Kind::Input, format!("unable to find library -l{name}"));
                    Err(error.about(Subject::Library(name.clone())))
                }
            }),
            Positional::WholeArchive(on) => state.whole_archive = *on,
            Positional::Static(on) => state.is_static = *on || options.relocatable,
            Positional::StartLib | Positional::EndLib => {
                let start = *positional == Positional::StartLib;
                if state.lazy == start {
                    let text = if start { "nested --start-lib" } else { "stray --end-lib" };
                    requests.push(Err(Diagnostic::error(Kind::Option, text)));
                }
                state.lazy = start;
            }
        }
    }
    requests
}

/// Looks for `-l NAME`: folder by folder, in each the shared library first unless linking is static. `:FILE` is an exact
/// file name.
fn find_library(name: &str, state: &Request, options: &Options, disk: &dyn FileSystem) -> Option<String> {
    let names = match name.strip_prefix(':') {
        Some(file) => vec![file.to_owned()],
        None if state.is_static => vec![format!("lib{name}.a")],
        None => vec![format!("lib{name}.so"), format!("lib{name}.a")],
    };
    let paths = options.library_paths.iter().flat_map(|folder| names.iter().map(move |name| join(folder, name)));
    paths.into_iter().find(|path| disk.exists(Path::new(path)))
}

/// `folder/name` without doubling a slash; an empty folder adds none.
pub fn join(folder: &str, name: &str) -> String {
    if folder.ends_with('/') {
        return format!("{folder}{}", name.trim_start_matches('/'));
    }
    let separator = if folder.is_empty() || name.starts_with('/') { "" } else { "/" };
    format!("{folder}{separator}{name}")
}

/// Path of the file that lists which symbols an archive lets stay undefined: `X.imports` beside `X.a`.
pub fn imports_path(archive: &str) -> String {
    let file_name = archive.rfind('/').map_or(0, |slash| slash + 1);
    let stem = match archive.rfind('.') {
        Some(dot) if dot >= file_name => &archive[..dot],
        _ => archive,
    };
    format!("{stem}.imports")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::files::Files;

    fn resolved(inputs: Vec<Positional>, paths: &[&str], files: &[&str]) -> Vec<Result<Request, String>> {
        let library_paths = paths.iter().map(|&path| path.to_owned()).collect();
        let options = Options { inputs, library_paths, ..Options::default() };
        let disk: Files = files.iter().map(|&path| (path, Vec::new())).collect();
        requests(&options, &disk).into_iter().map(|result| result.map_err(|error| error.to_string())).collect()
    }

    fn library(name: &str) -> Positional {
        Positional::Library(name.into())
    }

    #[test]
    fn each_argument_sees_the_state_before_it() {
        let file = || Positional::File("a.o".into());
        let inputs = vec![
            file(),
            Positional::StartLib,
            Positional::WholeArchive(true),
            file(),
            Positional::EndLib,
            Positional::Static(false),
            Positional::WholeArchive(false),
            file(),
        ];
        let states: Vec<_> = resolved(inputs, &[], &[])
            .into_iter()
            .map(|request| request.map(|request| (request.lazy, request.whole_archive, request.is_static)).unwrap())
            .collect();
        assert_eq!(states, [(false, false, true), (true, true, true), (false, false, false)]);
    }

    #[test]
    fn libraries_are_searched_folder_by_folder() {
        let files = ["one/libf.a", "two/libf.so", "one/libg.so", "one/libg.a", "two/exact"];
        let inputs =
            vec![library("g"), Positional::Static(false), library("f"), library("g"), library(":exact"), library("no")];
        let found: Vec<_> =
            resolved(inputs, &["one", "two/"], &files).into_iter().map(|r| r.map(|request| request.path)).collect();
        let expected = ["one/libg.a", "one/libf.a", "one/libg.so", "two/exact"];
        assert_eq!(found[..4], expected.map(|path| Ok(path.to_owned())));
        assert_eq!(found[4], Err("unable to find library -lno".to_owned()));
    }

    #[test]
    fn start_lib_and_end_lib_pair() {
        let inputs = vec![Positional::EndLib, Positional::StartLib, Positional::StartLib, Positional::EndLib];
        let errors: Vec<_> = resolved(inputs, &[], &[]).into_iter().map(Result::unwrap_err).collect();
        assert_eq!(errors, ["stray --end-lib", "nested --start-lib"]);
    }

    #[test]
    fn paths_are_joined_and_extended_like_llvm_does() {
        assert_eq!(join("", "libf.a"), "libf.a");
        assert_eq!(join("d//", "libf.a"), "d//libf.a");
        assert_eq!(join(".", "libf.a"), "./libf.a");
        assert_eq!(imports_path("d/libx.y.a"), "d/libx.y.imports");
        assert_eq!(imports_path("d.x/lib"), "d.x/lib.imports");
        assert_eq!(imports_path("d/.hid"), "d/.imports");
    }
}
