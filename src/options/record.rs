//! The command line, taken apart and spelled so that it can be put into a response file: for `--reproduce`.

use super::spec::{Argument, Dashes, Set, Shape, Spec};
use super::table;

/// A line of the response file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// A file to link.
    Input(String),
    /// The path of `-o`.
    Output(String),
    /// An option whose value is the path of an input: all in front of the path, and the path.
    Path(&'static str, String),
    /// Another option, with its value.
    Option(String),
}

/// Options that name things to read.
const PATHS: [(&str, &str); 2] = [("library-path", "-L "), ("allow-undefined-file", "--allow-undefined-file=")];

/// The line for an option; `None` for the one that asks for it.
pub(super) fn option(spec: &Spec, argument: &Argument) -> Option<Word> {
    let target = match spec.set {
        Set::Alias(name, "") => table::named(name)?,
        _ => spec,
    };
    let value = &argument.value;
    if target.name == "reproduce" {
        return None;
    }
    if target.name == "o" {
        return Some(Word::Output(value.clone()));
    }
    if let Some((_, prefix)) = PATHS.iter().find(|(name, _)| *name == target.name) {
        return Some(Word::Path(prefix, value.clone()));
    }
    // As LLVM renders it: the usual spelling of an alias, otherwise what was written.
    let usual = !std::ptr::eq(spec, target) || (spec.shape == Shape::EqualsOrNext && argument.spelled.contains('='));
    let two = if usual { target.dashes != Dashes::One } else { argument.spelled.starts_with("--") };
    if target.name == "library" {
        return Some(Word::Option(format!("-l {}", quote(value))));
    }
    let name = format!("{}{}", if two { "--" } else { "-" }, target.name);
    Some(Word::Option(match target.shape {
        Shape::Flag => name,
        Shape::Joined => format!("{name}{}", quote(value)),
        Shape::Equals => format!("{name}={}", quote(value)),
        Shape::EqualsOrNext if value.is_empty() => format!("{name}="),
        Shape::EqualsOrNext | Shape::Next | Shape::JoinedOrNext => format!("{name} {}", quote(value)),
    }))
}

/// `text` so that a response file gives it back.
pub fn quote(text: &str) -> String {
    if !text.contains(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\'' | '\\')) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;
    use std::io::ErrorKind;

    fn words(args: &[&str]) -> Vec<Word> {
        let args = args.iter().map(|arg| arg.to_string()).collect();
        parse("wold", args, &|_| Err(ErrorKind::NotFound.into())).options.command_line
    }

    fn option(text: &str) -> Word {
        Word::Option(text.into())
    }

    #[test]
    fn nothing_is_kept_unless_asked_for() {
        assert_eq!(words(&["a.o", "-t"]), []);
    }

    #[test]
    fn options_stay_in_order_and_get_their_usual_spelling() {
        let args = ["--reproduce=r.tar", "-t", "a.o", "-trace", "-export=f", "-export", "g h", "-O2", "--build-id"];
        let expected = [
            option("--trace"),
            Word::Input("a.o".into()),
            option("-trace"),
            option("--export f"),
            option("-export \"g h\""),
            option("-O 2"),
            option("--build-id"),
        ];
        assert_eq!(words(&args), expected);
        let args = ["-od/x", "-L", "lib", "-allow-undefined-file", "s", "--features=a,b", "-lc", "--reproduce", "r"];
        let expected = [
            Word::Output("d/x".into()),
            Word::Path("-L ", "lib".into()),
            Word::Path("--allow-undefined-file=", "s".into()),
            option("--features=a,b"),
            option("-l c"),
        ];
        assert_eq!(words(&args)[..4], expected[..4]);
    }

    #[test]
    fn quoted_text_comes_back() {
        use super::super::response::{Quoting, split};
        for text in ["plain", "a b", "x'y\"z", r"back\slash", "tab\there"] {
            assert_eq!(split(&quote(text), Quoting::Posix), [text]);
        }
    }
}
