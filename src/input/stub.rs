//! Stub libraries: text files that say which symbols the environment provides, and what each of them needs.
//!
//! The first line begins with `#STUB`. Then each line is `SYMBOL` or `SYMBOL: DEPENDENCY, DEPENDENCY`; lines that begin
//! with `#` are comments.

use std::collections::HashMap;

/// First bytes of a stub library.
pub const MAGIC: &[u8; 5] = b"#STUB";

/// Reads a stub library: each symbol with its dependencies, in the order in which the symbols first appear.
///
/// A symbol that appears again loses the dependencies that it had. Bytes that are not UTF-8 become replacement
/// characters: no symbol of an object file is named like that.
pub fn parse(text: &[u8]) -> Vec<(String, Vec<String>)> {
    let text = String::from_utf8_lossy(text);
    let mut symbols: Vec<(String, Vec<String>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for line in lines(&text) {
        let (symbol, dependencies) = line.split_once(':').unwrap_or((line, ""));
        let symbol = trim(symbol);
        let dependencies = dependency_list(trim(dependencies));
        match places.get(symbol) {
            Some(&place) => symbols[place].1 = dependencies,
            None => {
                places.insert(symbol, symbols.len());
                symbols.push((symbol.to_owned(), dependencies));
            }
        }
    }
    symbols
}

/// The lines of a list file without surrounding white space, empty lines and `#` comments.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').map(trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Empty entries count, except behind the last comma.
fn dependency_list(mut rest: &str) -> Vec<String> {
    let mut list = Vec::new();
    while !rest.is_empty() {
        let (dependency, behind) = rest.split_once(',').unwrap_or((rest, ""));
        list.push(trim(dependency).to_owned());
        rest = behind;
    }
    list
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<(String, String)> {
        parse(text.as_bytes()).into_iter().map(|(symbol, list)| (symbol, list.join("|"))).collect()
    }

    fn pair(symbol: &str, list: &str) -> (String, String) {
        (symbol.into(), list.into())
    }

    #[test]
    fn symbols_come_with_their_dependencies_in_order() {
        let text = "#STUB\n\n  # comment\nfoo: a , b\r\nbar\nbaz:\n";
        assert_eq!(parsed(text), [pair("foo", "a|b"), pair("bar", ""), pair("baz", "")]);
    }

    #[test]
    fn the_last_line_of_a_symbol_wins_and_the_first_decides_its_place() {
        assert_eq!(parsed("#STUB\nx: a\ny\nx: b,c"), [pair("x", "b|c"), pair("y", "")]);
    }

    #[test]
    fn odd_lists_are_read_as_they_stand() {
        assert_eq!(parsed("#STUB\nf: a,,b,\ng:h:i"), [pair("f", "a||b"), pair("g", "h:i")]);
        assert_eq!(parse(b"#STUB").len(), 0);
        assert_eq!(parse(b"#STUB\n\xff: \xfe").len(), 1);
    }

    #[test]
    fn lists_skip_comments_and_blank_lines() {
        assert_eq!(lines("#c\n f \r\n  # x\n\ng # h\n").collect::<Vec<_>>(), ["f", "g # h"]);
    }
}
