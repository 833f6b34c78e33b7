//! Response files: `@FILE` on the command line stands for the arguments in `FILE`.

use crate::diagnostic::{Diagnostics, Kind};
use std::io;
use std::path::Path;

/// How the words of a response file are quoted: `--rsp-quoting`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quoting {
    /// Both quotes and the backslash quote.
    #[default]
    Posix,
    /// Double quotes, and backslashes in front of them.
    Windows,
}

/// How many response files one command line may open. Stops files that name one another twice over.
const FILES_MAX: usize = 1 << 16;

/// Reads a response file.
pub type Reader<'a> = &'a dyn Fn(&Path) -> io::Result<Vec<u8>>;

/// Replaces each `@FILE` by the words in it, again and again, but leaves those that name no file.
///
/// Paths count from the working directory, also inside response files. After a file that cannot be read, and after a
/// file that names itself, the rest stays as it is: it then fails as an input.
pub fn expand(args: Vec<String>, quoting: Quoting, read: Reader<'_>, diagnostics: &mut Diagnostics) -> Vec<String> {
    let mut out = Vec::with_capacity(args.len());
    let mut open = vec![(String::new(), args.into_iter())];
    let mut files = 0;
    let mut stopped = false;
    while let Some((_, words)) = open.last_mut() {
        let Some(word) = words.next() else {
            open.pop();
            continue;
        };
        let Some(path) = word.strip_prefix('@').filter(|_| !stopped) else {
            out.push(word);
            continue;
        };
        files += 1;
        match contents(path, &open, files, read) {
            Ok(Some(text)) => {
                let words = split(&text, quoting);
                open.push((path.to_owned(), words.into_iter()));
            }
            Ok(None) => out.push(word),
            Err(message) => {
                diagnostics.error(Kind::Option, message);
                stopped = true;
                out.push(word);
            }
        }
    }
    out
}

/// The text of response file `path`, or `None` if there is no such file.
fn contents(
    path: &str,
    open: &[(String, std::vec::IntoIter<String>)],
    files: usize,
    read: Reader<'_>,
) -> Result<Option<String>, String> {
    let shown = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let shown = shown.display();
    // The first entry is the command line itself.
    if files > FILES_MAX || open.iter().skip(1).any(|(name, _)| name == path) {
        return Err(format!("recursive expansion of: '{shown}'"));
    }
    match read(Path::new(path)) {
        Ok(bytes) => decode(bytes).map(Some).ok_or_else(|| format!("response file '{shown}' is not valid UTF-8")),
        Err(error) if error.kind() == io::ErrorKind::NotFound || path.is_empty() => Ok(None),
        Err(error) => Err(format!("cannot not open file '{shown}': {}", reason(&error))),
    }
}

/// What the system says, without Rust's error number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// UTF-8, with or without a byte order mark, or UTF-16 with one.
fn decode(bytes: Vec<u8>) -> Option<String> {
    let utf16 = |pair: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|unit| pair([unit[0], unit[1]]));
        char::decode_utf16(units).collect::<Result<String, _>>().ok()
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => utf16(u16::from_le_bytes),
        [0xfe, 0xff, ..] => utf16(u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, text @ ..] => String::from_utf8(text.to_vec()).ok(),
        _ => String::from_utf8(bytes).ok(),
    }
}

/// Splits the text of a response file into arguments.
pub fn split(text: &str, quoting: Quoting) -> Vec<String> {
    match quoting {
        Quoting::Posix => split_posix(text),
        Quoting::Windows => split_windows(text),
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// A backslash quotes the next character, inside quotes too. Empty words vanish, even quoted ones.
fn split_posix(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => word.push(chars.next().unwrap_or('\\')),
            '"' | '\'' if quote.is_none() => quote = Some(c),
            _ if quote == Some(c) => quote = None,
            _ if quote.is_none() && is_space(c) => finish_posix(&mut word, &mut words),
            _ => word.push(c),
        }
    }
    finish_posix(&mut word, &mut words);
    words
}

/// Ends a word. As in C, a NUL ends what can be seen of it.
fn finish_posix(word: &mut String, words: &mut Vec<String>) {
    let whole = std::mem::take(word);
    if !whole.is_empty() {
        words.push(whole.split('\0').next().unwrap_or_default().to_owned());
    }
}

/// Double quotes quote; `""` inside them is a quote. Backslashes are plain, except in front of a double quote: there
/// two make one, and an odd one quotes the quote.
fn split_windows(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !quoted && (is_space(c) || c == '\0') {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_default();
        match c {
            '\\' => {
                let mut count = 1;
                while chars.next_if_eq(&'\\').is_some() {
                    count += 1;
                }
                let quote_follows = chars.peek() == Some(&'"');
                let shown = if quote_follows { count / 2 } else { count };
                word.extend(std::iter::repeat_n('\\', shown));
                if quote_follows && count % 2 == 1 {
                    chars.next();
                    word.push('"');
                }
            }
            '"' if quoted && chars.next_if_eq(&'"').is_some() => word.push('"'),
            '"' => quoted = !quoted,
            _ => word.push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each pair was seen in wasm-ld's messages about the arguments.
    #[test]
    fn posix_quoting() {
        let check = |text: &str, words: &[&str]| assert_eq!(split(text, Quoting::Posix), words, "{text:?}");
        check("--bogus'", &["--bogus"]);
        check("--bo'g us'", &["--bog us"]);
        check("--bo\"g'us\"", &["--bog'us"]);
        check(r"--bog\us", &["--bogus"]);
        check(r"--bog\\us", &[r"--bog\us"]);
        check(r"--bog\", &[r"--bog\"]);
        check("--bog\\\nus", &["--bog\nus"]);
        check("--bog\tus\r\nfoo", &["--bog", "us", "foo"]);
        check("'' --x", &["--x"]);
        check(r"'--a\'b' c", &["--a'b", "c"]);
        check(r#""--a\"b" c"#, &["--a\"b", "c"]);
        check("# --foo", &["#", "--foo"]);
        check("--a'b'c\"d\"e", &["--abcde"]);
        check("--a\u{b}b --a\u{c}b", &["--a\u{b}b", "--a\u{c}b"]);
        check("--bo\0gus x", &["--bo", "x"]);
        check("'a\nb'", &["a\nb"]);
    }

    #[test]
    fn windows_quoting() {
        let check = |text: &str, words: &[&str]| assert_eq!(split(text, Quoting::Windows), words, "{text:?}");
        check("--bo'g us'", &["--bo'g", "us'"]);
        check(r"--bog\\us --bog\", &[r"--bog\\us", r"--bog\"]);
        check("-o \"\" a.o", &["-o", "", "a.o"]);
        check("-o '' a.o", &["-o", "''", "a.o"]);
        check(r#""--a\"b" c"#, &["--a\"b", "c"]);
        check(r#"--a\\\"b c"#, &[r#"--a\"b"#, "c"]);
        check(r#"--a\\"b c""#, &[r"--a\b c"]);
        check(r#""--a""b" c"#, &["--a\"b", "c"]);
        check(r#""--a\" c"#, &["--a\" c"]);
        check("--a\"b\"\"c d\"", &["--ab\"c d"]);
        check("\"a b\"--x", &["a b--x"]);
        check("--x\"a b\"c", &["--xa bc"]);
    }

    fn expanded(args: &[&str], files: &[(&str, &[u8])]) -> (Vec<String>, Vec<String>) {
        let read = |path: &Path| {
            let file = files.iter().find(|(name, _)| Path::new(name) == path);
            file.map(|(_, bytes)| bytes.to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
        };
        let mut diagnostics = Diagnostics::new(false);
        let args = args.iter().map(|arg| arg.to_string()).collect();
        let words = expand(args, Quoting::Posix, &read, &mut diagnostics);
        (words, diagnostics.list().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn files_nest() {
        let (words, errors) = expanded(&["a", "@1", "z"], &[("1", b"b @2 d"), ("2", b"c")]);
        assert_eq!(words, ["a", "b", "c", "d", "z"]);
        assert!(errors.is_empty());
    }

    #[test]
    fn a_missing_file_stays_an_argument() {
        assert_eq!(expanded(&["@nope", "@"], &[]), (vec!["@nope".to_string(), "@".to_string()], vec![]));
    }

    #[test]
    fn a_file_that_names_itself_is_an_error_and_stays() {
        let (words, errors) = expanded(&["@4", "@4"], &[("4", b"-a @5"), ("5", b"-b @4 -c")]);
        assert_eq!(words, ["-a", "-b", "@4", "-c", "@4"]);
        assert_eq!(errors.len(), 1);
        assert!(errors[0].starts_with("recursive expansion of: '"), "{errors:?}");
    }

    #[test]
    fn files_that_double_are_bounded() {
        let names: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        let texts: Vec<String> = (0..40).map(|n| format!("@{} @{}", n + 1, n + 1)).collect();
        let files: Vec<(&str, &[u8])> = names.iter().zip(&texts).map(|(n, t)| (&n[..], t.as_bytes())).collect();
        let (_, errors) = expanded(&["@0"], &files);
        assert_eq!(errors.len(), 1);
    }

    #[test]
    fn byte_order_marks() {
        let (words, errors) = expanded(
            &["@8", "@16", "@b", "@bad"],
            &[("8", b"\xef\xbb\xbf-a"), ("16", b"\xff\xfe-\0b\0"), ("b", b"\xfe\xff\0-\0c"), ("bad", b"\xc0\xc0")],
        );
        assert_eq!(words, ["-a", "-b", "-c", "@bad"]);
        assert_eq!(errors.len(), 1);
    }
}
