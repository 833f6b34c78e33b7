//! From arguments to an exit code: all that the program does and the library does not.

use crate::jobs::{Jobs, Places};
use std::ffi::OsString;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;
use wold::diagnostic::{Diagnostic, Diagnostics, Kind, Severity};
use wold::input::Disk;
use wold::options::Options;
use wold::options::parse::{self, Action};
use wold::pipeline::link_to_file_before_exit;

/// How many errors are shown if `--error-limit` says nothing.
const ERRORS_MAX: u64 = 20;

/// Runs the linker on a command line, the program's name first. Returns the exit code: 0, or 1 after errors.
pub fn run(args: impl Iterator<Item = OsString>) -> i32 {
    let mut args = args.map(|arg| arg.into_string());
    let program = match args.next() {
        Some(Ok(program)) => program,
        Some(Err(program)) => program.to_string_lossy().into_owned(),
        None => "wold".to_owned(),
    };
    let words = match args.collect::<Result<Vec<String>, OsString>>() {
        Ok(words) => words,
        Err(word) => {
            let mut diagnostics = Diagnostics::new(false);
            diagnostics.error(Kind::Option, format!("argument is not valid UTF-8: {}", word.to_string_lossy()));
            return report(&program, &Options::default(), &diagnostics, 0);
        }
    };
    let words =
        with_environment(words, |name| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0"));
    let words = with_reproduce(words, std::env::var_os("LLD_REPRODUCE"));
    let mut parsed = parse::parse(&program, words, &|path| std::fs::read(path));
    if parsed.action == Action::Link {
        link(&parsed.options, &mut parsed.diagnostics);
    }
    report(&program, &parsed.options, &parsed.diagnostics, parsed.early)
}

/// Puts the options that variables of the environment stand for in front, so that the command line has the last word.
fn with_environment(mut words: Vec<String>, is_set: impl Fn(&str) -> bool) -> Vec<String> {
    let at = front(&words);
    let variables: [(&str, &[&str]); 2] = [
        ("WOLD_LLD_MESSAGES", &["--no-hints", "--no-warn-ignored"]),
        ("WOLD_NO_IGNORED_WARNING", &["--no-warn-ignored"]),
    ];
    for (variable, options) in variables {
        if is_set(variable) {
            words.splice(at..at, options.iter().map(|&option| option.to_owned()));
        }
    }
    words
}

/// Puts in front what LLD's own variable asks for.
fn with_reproduce(mut words: Vec<String>, archive: Option<OsString>) -> Vec<String> {
    if let Some(path) = archive.and_then(|path| path.into_string().ok()).filter(|path| !path.is_empty()) {
        words.insert(front(&words), format!("--reproduce={path}"));
    }
    words
}

/// Where options can be put in front of all others: `-flavor` must stay first.
fn front(words: &[String]) -> usize {
    if words.first().is_some_and(|word| word == "-flavor") { words.len().min(2) } else { 0 }
}

/// Links in a pool of the wanted number of threads, of which the calling thread is one.
fn link(options: &Options, diagnostics: &mut Diagnostics) {
    let jobs = Jobs::acquire(options.threads);
    let threads = jobs.threads;
    let places = Places::new();
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread();
    let pool = builder.start_handler(move |index| places.begin(index)).build();
    match pool {
        // The result says no more than the diagnostics.
        Ok(pool) => drop(pool.install(|| link_to_file_before_exit(options, &Disk, diagnostics))),
        Err(error) => diagnostics.error(Kind::Option, format!("cannot start {threads} threads: {error}")),
    }
}

/// Prints everything and returns the exit code.
fn report(program: &str, options: &Options, diagnostics: &Diagnostics, early: usize) -> i32 {
    let printer = Printer {
        name: base_name(program),
        color: parse::wants_color(options, io::stderr().is_terminal() && terminal_has_colors()),
        early,
        limit: options.error_limit,
        hints: options.hints,
    };
    let mut code = i32::from(diagnostics.error_count() > 0);
    let mut messages = Vec::new();
    // Vectors take any text.
    let _ = printer.print(diagnostics.list(), &mut messages);
    if let Err(error) = print_output(diagnostics.output()) {
        let lost = Diagnostic::error(Kind::Output, format!("cannot write standard output: {error}"));
        let _ = printer.print(&[lost], &mut messages);
        code = 1;
    }
    // Nobody is left to hear that standard error is closed.
    let _ = io::stderr().lock().write_all(&messages);
    code
}

/// Writes lines to the standard output. A reader that went away is no error.
fn print_output(lines: &[String]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = lines.iter().try_for_each(|line| writeln!(out, "{line}")).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// The last component of the program's path, without `.exe`.
fn base_name(program: &str) -> String {
    let path = Path::new(program);
    let is_exe = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("exe"));
    let name = if is_exe { path.file_stem() } else { path.file_name() };
    name.map_or_else(|| program.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Whether the kind of terminal has colours, by the rules of LLVM.
fn terminal_has_colors() -> bool {
    let term = std::env::var("TERM").unwrap_or_default();
    ["ansi", "cygwin", "linux"].contains(&term.as_str())
        || ["screen", "xterm", "vt100", "rxvt"].iter().any(|start| term.starts_with(start))
        || term.ends_with("color")
}

/// Prints diagnostics as LLD does.
struct Printer {
    /// In front of each message.
    name: String,
    color: bool,
    /// So many diagnostics came before `--error-limit` was known.
    early: usize,
    /// `--error-limit`; 0: all errors are shown.
    limit: u64,
    /// Whether lines that wasm-ld does not have are shown.
    hints: bool,
}

impl Printer {
    /// Prints `list` up to the error limit. An empty line follows each message of several lines, unless it is the last.
    fn print(&self, list: &[Diagnostic], out: &mut dyn Write) -> io::Result<()> {
        let mut errors = 0;
        let mut separator = "";
        for (index, diagnostic) in list.iter().enumerate() {
            let text = diagnostic.text(self.hints);
            if diagnostic.severity == Severity::Error {
                let limit = if index < self.early { ERRORS_MAX } else { self.limit };
                if limit == 0 || errors < limit {
                    self.line(separator, Severity::Error, &text, out)?;
                } else if errors == limit {
                    let all = "too many errors emitted, stopping now (use -error-limit=0 to see all errors)";
                    return self.line(separator, Severity::Error, all, out);
                }
                errors += 1;
            } else {
                self.line(separator, Severity::Warning, &text, out)?;
            }
            separator = if text.contains('\n') { "\n" } else { "" };
        }
        Ok(())
    }

    fn line(&self, separator: &str, severity: Severity, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let (word, color) = match severity {
            Severity::Error => ("error", "\x1b[0;31m"),
            Severity::Warning => ("warning", "\x1b[0;35m"),
        };
        let (color, reset) = if self.color { (color, "\x1b[0m") } else { ("", "") };
        writeln!(out, "{separator}{}: {color}{word}: {reset}{text}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(list: &[Diagnostic], early: usize, limit: u64, color: bool) -> String {
        let mut out = Vec::new();
        let printer = Printer { name: "wasm-ld".into(), color, early, limit, hints: true };
        printer.print(list, &mut out).expect("vectors take any text");
        String::from_utf8(out).expect("UTF-8")
    }

    fn error(text: &str) -> Diagnostic {
        Diagnostic::error(Kind::Symbol, text)
    }

    const TOO_MANY: &str =
        "wasm-ld: error: too many errors emitted, stopping now (use -error-limit=0 to see all errors)\n";

    #[test]
    fn variables_stand_for_options() {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let set = |name: &str| name == "WOLD_LLD_MESSAGES";
        assert_eq!(with_environment(words(&["a.o"]), set), ["--no-hints", "--no-warn-ignored", "a.o"]);
        assert_eq!(
            with_environment(words(&["-flavor", "wasm", "a.o"]), set),
            ["-flavor", "wasm", "--no-hints", "--no-warn-ignored", "a.o"]
        );
        assert_eq!(with_environment(words(&["-flavor"]), |_| false), ["-flavor"]);
    }

    #[test]
    fn names_of_programs() {
        for (path, name) in
            [("/usr/bin/wasm-ld-22", "wasm-ld-22"), ("./wasm-ld.exe", "wasm-ld"), ("a/b.EXE", "b"), ("x.y", "x.y")]
        {
            assert_eq!(base_name(path), name);
        }
        assert_eq!(base_name(""), "");
    }

    /// As wasm-ld prints duplicate symbols under `--error-limit=2`.
    #[test]
    fn messages_of_several_lines_are_set_apart() {
        let list: Vec<Diagnostic> =
            (1..=3).map(|n| error(&format!("duplicate symbol: f{n}")).note("defined in m.o")).collect();
        let one = "wasm-ld: error: duplicate symbol: f1\n>>> defined in m.o\n\n";
        let two = "wasm-ld: error: duplicate symbol: f2\n>>> defined in m.o\n";
        assert_eq!(printed(&list[..2], 0, 0, false), format!("{one}{two}"));
        assert_eq!(printed(&list, 0, 2, false), format!("{one}{two}\n{TOO_MANY}"));
        assert_eq!(printed(&list[..2], 0, 1, false), format!("{one}{TOO_MANY}"));
    }

    #[test]
    fn the_largest_limit() {
        assert_eq!(printed(&[error("a")], 0, u64::MAX, false), "wasm-ld: error: a\n");
    }

    #[test]
    fn exactly_as_many_errors_as_the_limit_are_not_too_many() {
        let list: Vec<Diagnostic> = (0..20).map(|n| error(&n.to_string())).collect();
        assert!(!printed(&list, 0, 20, false).contains("too many"));
        assert_eq!(printed(&list, 0, 20, false).lines().count(), 20);
    }

    /// As `wasm-ld --error-limit=1 --bogus1 --bogus2` does.
    #[test]
    fn unknown_options_have_the_default_limit() {
        let list = [error("a"), error("b"), error("c")];
        assert_eq!(printed(&list, 2, 1, false), "wasm-ld: error: a\nwasm-ld: error: b\n");
        let many: Vec<Diagnostic> = (0..25).map(|n| error(&n.to_string())).collect();
        let text = printed(&many, 25, 0, false);
        assert_eq!(text.lines().count(), 21);
        assert!(text.ends_with(TOO_MANY));
    }

    #[test]
    fn colors() {
        let list = [error("e"), Diagnostic::warning(Kind::Option, "w")];
        let expected = "wasm-ld: \x1b[0;31merror: \x1b[0me\nwasm-ld: \x1b[0;35mwarning: \x1b[0mw\n";
        assert_eq!(printed(&list, 0, 20, true), expected);
    }

    #[test]
    fn warnings_do_not_count() {
        let list = [Diagnostic::warning(Kind::Option, "w"), error("a"), Diagnostic::warning(Kind::Option, "v")];
        assert_eq!(printed(&list, 0, 1, false), "wasm-ld: warning: w\nwasm-ld: error: a\nwasm-ld: warning: v\n");
    }
}
