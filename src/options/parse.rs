//! Takes a command line apart, by the rules of LLVM's option parser.

use super::apply::State;
use super::record::{self, Word};
use super::response::{self, Quoting, Reader};
use super::spec::{Argument, Dashes, Shape, Spec};
use super::{Color, Options, gnu, help, suggest, table};
use crate::diagnostic::{Diagnostic, Diagnostics, Kind};

/// What comes after parsing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Link. Even after errors the inputs are to be opened, as LLD reports what is wrong with them, too.
    Link,
    /// Print the diagnostics and their output (`--help`, `--version`), and stop.
    Exit,
}

/// A command line that was read.
#[derive(Debug)]
pub struct Parsed {
    /// What it asks for. Complete even after errors.
    pub options: Options,
    /// What is wrong with it, and text for the standard output.
    pub diagnostics: Diagnostics,
    /// What to do next.
    pub action: Action,
    /// How many of the diagnostics came before `--error-limit` counts; the default limit holds for them.
    pub early: usize,
}

/// An option, a file, or neither.
#[derive(Debug)]
enum Token {
    Option(&'static Spec, Argument),
    Input(String),
    Unknown(String),
}

/// The text of `--version`.
pub fn version() -> String {
    format!("wold {} (compatible with LLD 22.1.8)", env!("CARGO_PKG_VERSION"))
}

/// Reads a command line. `program` is its first word, `args` the others; response files come from `read`.
///
/// What is wrong is in the diagnostics of the result, worded and ordered as LLD does it.
pub fn parse(program: &str, args: Vec<String>, read: Reader<'_>) -> Parsed {
    let mut errors = Diagnostics::new(false);
    let index = Index::new();
    let args = strip_flavor(args, &mut errors);
    if errors.error_count() > 0 {
        return Parsed { options: Options::default(), diagnostics: errors, action: Action::Exit, early: 0 };
    }
    let quoting = quoting(&args, &index, &mut errors);
    let args = response::expand(args, quoting, read, &mut errors);
    let (tokens, missing) = index.split(args.into_iter());
    let (state, unknown, has_files) = apply(tokens);

    let mut diagnostics = Diagnostics::new(state.options.fatal_warnings);
    diagnostics.append(errors);
    let missing = missing.map(|spelled| format!("{spelled}: missing argument"));
    for message in state.bad_color.clone().into_iter().chain(missing) {
        diagnostics.error(Kind::Option, message);
    }
    for word in unknown {
        let mut error = Diagnostic::error(Kind::Option, format!("unknown argument: {word}"));
        error.notes.extend(suggest::option(&word).filter(|_| state.options.hints));
        diagnostics.push(error);
    }
    let early = diagnostics.list().len();
    settle(program, state, has_files, early, diagnostics)
}

/// Everything behind the syntax, in LLD's order: `-z` warnings, help, version, values.
fn settle(program: &str, state: State, has_files: bool, early: usize, mut diagnostics: Diagnostics) -> Parsed {
    if let Some(message) = &state.bad_limit {
        diagnostics.error(Kind::Option, message);
    }
    for value in &state.unknown_z {
        diagnostics.warn(Kind::Option, format!("unknown -z value: {value}"));
    }
    for (_, spelled, why) in state.ignored.iter().filter(|_| state.options.warn_ignored) {
        diagnostics.warn(Kind::Compatibility, format!("{spelled} is ignored: it {why}"));
    }
    if state.help {
        diagnostics.print(help::help(program).trim_end());
        return Parsed { options: state.options, diagnostics, action: Action::Exit, early };
    }
    if state.v || state.version {
        diagnostics.print(version());
    }
    let stop = state.version || (state.v && !has_files);
    let options = state.finish(&mut diagnostics);
    let action = if stop { Action::Exit } else { Action::Link };
    Parsed { options, diagnostics, action, early }
}

/// Applies the options in order. Returns also the unknown ones and whether there is a file among the arguments.
fn apply(tokens: Vec<Token>) -> (State, Vec<String>, bool) {
    let mut state = State::default();
    let mut unknown = Vec::new();
    let mut has_files = false;
    let recorded = tokens.iter().any(|token| matches!(token, Token::Option(spec, _) if spec.name == "reproduce"));
    for token in tokens {
        if recorded {
            state.options.command_line.extend(record(&token));
        }
        match token {
            Token::Option(spec, argument) => state.apply(spec, argument),
            Token::Unknown(word) => unknown.push(word),
            Token::Input(path) => {
                has_files = true;
                state.input(path);
            }
        }
    }
    (state, unknown, has_files)
}

/// The line of a response file for a token.
fn record(token: &Token) -> Option<Word> {
    match token {
        Token::Option(spec, argument) => record::option(spec, argument),
        Token::Input(path) => Some(Word::Input(path.clone())),
        Token::Unknown(_) => None,
    }
}

/// Drops a leading `-flavor wasm`, by which `lld` and `rust-lld` are told which linker to be.
fn strip_flavor(mut args: Vec<String>, errors: &mut Diagnostics) -> Vec<String> {
    if args.first().is_none_or(|arg| arg != "-flavor") {
        return args;
    }
    match args.get(1).map(String::as_str) {
        Some("wasm" | "ld-wasm") => {}
        Some(other) => errors.error(Kind::Option, format!("Unknown flavor: {other}")),
        None => errors.error(Kind::Option, "missing arg value for '-flavor'"),
    }
    args.drain(..args.len().min(2));
    args
}

/// The quoting that the command line proper asks for; response files have no say.
fn quoting(args: &[String], index: &Index, errors: &mut Diagnostics) -> Quoting {
    // Most command lines do not mention it: that saves a pass over many arguments.
    if !args.iter().any(|arg| arg.contains("rsp-quoting")) {
        return Quoting::default();
    }
    let (tokens, _) = index.split(args.iter().cloned());
    let last = tokens.into_iter().rev().find_map(|token| match token {
        Token::Option(spec, argument) if spec.name == "rsp-quoting" => Some(argument.value),
        _ => None,
    });
    match last.as_deref() {
        None | Some("posix") => Quoting::Posix,
        Some("windows") => Quoting::Windows,
        Some(other) => {
            errors.error(Kind::Option, format!("invalid response file quoting: {other}"));
            Quoting::default()
        }
    }
}

/// The options of a table by first letter, longer names first: LLVM tries the longest option that fits.
type ByLetter = Vec<Vec<&'static Spec>>;

fn by_letter(table: &'static [Spec]) -> ByLetter {
    let mut by_letter = vec![Vec::new(); 256];
    for spec in table {
        by_letter[usize::from(spec.name.as_bytes()[0])].push(spec);
    }
    for specs in &mut by_letter {
        specs.sort_by_key(|spec: &&Spec| std::cmp::Reverse(spec.name.len()));
    }
    by_letter
}

/// The option tables.
struct Index {
    main: ByLetter,
    /// Asked only about what is not in `main`.
    gnu: ByLetter,
}

impl Index {
    fn new() -> Self {
        Self { main: by_letter(table::OPTIONS), gnu: by_letter(gnu::GNU) }
    }

    /// Splits arguments into options, files and unknown ones, up to an option that lacks its value: the second result.
    fn split(&self, args: impl Iterator<Item = String>) -> (Vec<Token>, Option<String>) {
        let mut args = args.peekable();
        let mut tokens = Vec::with_capacity(args.size_hint().0);
        while let Some(word) = args.next() {
            if word.is_empty() {
                continue;
            }
            if word == "-" || !word.starts_with('-') {
                tokens.push(Token::Input(word));
                continue;
            }
            match self.find(&word) {
                None => tokens.push(Token::Unknown(word)),
                Some((spec, Some(value))) => tokens.push(Token::Option(spec, Argument { spelled: word, value })),
                // GNU linkers take no number.
                Some(_) if word == "--threads" && args.peek().is_none_or(|next| next.starts_with('-')) => {}
                Some((spec, None)) => match args.next() {
                    Some(value) => tokens.push(Token::Option(spec, Argument { spelled: word, value })),
                    None => return (tokens, Some(word)),
                },
            }
        }
        (tokens, None)
    }

    /// The option that `word` names, and its value if that is in the same word.
    fn find(&self, word: &str) -> Option<(&'static Spec, Option<String>)> {
        let (two, body) = match word.strip_prefix("--") {
            Some(body) => (true, body),
            None => (false, word.strip_prefix('-')?),
        };
        let letter = usize::from(*body.as_bytes().first()?);
        self.main[letter].iter().chain(&self.gnu[letter]).find_map(|spec| {
            let dashes = match spec.dashes {
                Dashes::Either => true,
                Dashes::One => !two,
                Dashes::Two => two,
            };
            let rest = body.strip_prefix(spec.name).filter(|_| dashes)?;
            let value = match (spec.shape, rest.strip_prefix('=')) {
                (Shape::Flag, _) => rest.is_empty().then(|| Some(String::new())),
                (Shape::Equals | Shape::EqualsOrNext, Some(value)) => Some(Some(value.to_owned())),
                (Shape::Equals, None) => None,
                (Shape::EqualsOrNext | Shape::Next, _) => rest.is_empty().then_some(None),
                (Shape::Joined, _) => Some(Some(rest.to_owned())),
                (Shape::JoinedOrNext, _) => Some((!rest.is_empty()).then(|| rest.to_owned())),
            };
            value.map(|value| (*spec, value))
        })
    }
}

/// Whether messages are to be coloured, if `terminal` says where they go.
pub fn wants_color(options: &Options, terminal: bool) -> bool {
    match options.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal,
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
