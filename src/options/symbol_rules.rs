//! Version scripts and dynamic lists: which symbols their patterns name.
//!
//! Of a version script only visibility has a meaning for WebAssembly; versions do not exist there. Grammar: GNU ld
//! manual, "VERSION Command".

use crate::demangle::demangle;
use std::collections::HashSet;

/// What `--version-script`, `--dynamic-list` and `--export-dynamic-symbol` say about symbols.
#[derive(Clone, Debug, Default)]
pub struct SymbolRules {
    /// `global:` of version scripts.
    global: Patterns,
    /// `local:` of version scripts.
    local: Patterns,
    /// Dynamic lists.
    exported: Patterns,
}

impl SymbolRules {
    /// Whether they say nothing.
    pub fn is_empty(&self) -> bool {
        self.local.is_empty() && self.exported.is_empty()
    }
    /// Whether a version script makes `name` local. An exact name counts more than a pattern, a pattern more than `*`;
    /// `global:` wins where both are as exact.
    pub fn hides(&self, name: &str) -> bool {
        self.local.rank(name) > self.global.rank(name)
    }
    /// Whether a dynamic list names `name`.
    pub fn exports(&self, name: &str) -> bool {
        self.exported.rank(name) > 0
    }
    /// Adds a pattern of `--export-dynamic-symbol`.
    pub fn add_exported(&mut self, pattern: &str) {
        self.exported.add(pattern, false, false);
    }
    /// Adds what a version script says.
    ///
    /// # Errors
    /// What was expected, and in which line (from 1).
    pub fn add_version_script(&mut self, text: &str) -> Result<(), String> {
        let mut tokens = Tokens::new(text)?;
        while let Some(word) = tokens.next() {
            if !word.is("{") {
                tokens.expect("{")?;
            }
            let mut local = false;
            tokens.patterns(|tokens, token, cxx| {
                if !token.quoted && tokens.peek_is(":") && (token.text == "global" || token.text == "local") {
                    local = token.text == "local";
                    tokens.next();
                    return Ok(());
                }
                let patterns = if local { &mut self.local } else { &mut self.global };
                patterns.add(token.text, token.quoted, cxx);
                tokens.end_of_pattern()
            })?;
            // Names of versions that this one inherits from.
            while tokens.next().is_some_and(|token| !token.is(";")) {}
        }
        Ok(())
    }
    /// Adds what a dynamic list says.
    ///
    /// # Errors
    /// What was expected, and in which line (from 1).
    pub fn add_dynamic_list(&mut self, text: &str) -> Result<(), String> {
        let mut tokens = Tokens::new(text)?;
        tokens.expect("{")?;
        tokens.patterns(|tokens, token, cxx| {
            self.exported.add(token.text, token.quoted, cxx);
            tokens.end_of_pattern()
        })?;
        tokens.expect(";")
    }
}

/// Names and patterns.
#[derive(Clone, Debug, Default)]
struct Patterns {
    exact: HashSet<String>,
    globs: Vec<String>,
    cxx_exact: HashSet<String>,
    cxx_globs: Vec<String>,
    /// `*`.
    all: bool,
}

impl Patterns {
    fn is_empty(&self) -> bool {
        !self.all
            && self.exact.is_empty()
            && self.globs.is_empty()
            && self.cxx_exact.is_empty()
            && self.cxx_globs.is_empty()
    }

    fn add(&mut self, pattern: &str, quoted: bool, cxx: bool) {
        let exact = quoted || !pattern.contains(['*', '?', '[']);
        match (exact, cxx) {
            (false, _) if pattern == "*" => self.all = true,
            (true, false) => _ = self.exact.insert(pattern.to_owned()),
            (true, true) => _ = self.cxx_exact.insert(pattern.to_owned()),
            (false, false) => self.globs.push(pattern.to_owned()),
            (false, true) => self.cxx_globs.push(pattern.to_owned()),
        }
    }

    /// 0: not named, 1: by `*`, 2: by a pattern, 3: exactly.
    fn rank(&self, name: &str) -> u8 {
        if self.exact.contains(name) {
            return 3;
        }
        let mut rank = u8::from(self.all);
        if self.globs.iter().any(|glob| matches(glob.as_bytes(), name.as_bytes())) {
            rank = 2;
        }
        if !self.cxx_exact.is_empty() || !self.cxx_globs.is_empty() {
            let text = demangle(name);
            if self.cxx_exact.contains(&*text) {
                return 3;
            }
            if self.cxx_globs.iter().any(|glob| matches(glob.as_bytes(), text.as_bytes())) {
                rank = 2;
            }
        }
        rank
    }
}

/// Whether a shell pattern (`*`, `?`, `[a-z]`, `[!a]`, `\x`) matches all of `text`.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut position) = (0, 0);
    // Where to go on after the last `*`, should the rest not fit.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let step = match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at + 1, position));
                at += 1;
                continue;
            }
            None if position == text.len() => return true,
            None => None,
            Some(_) => text.get(position).and_then(|&letter| one(&pattern[at..], letter)),
        };
        match (step, retry) {
            (Some(length), _) => (at, position) = (at + length, position + 1),
            (None, Some((after, from))) if from < text.len() => {
                (at, position) = (after, from + 1);
                retry = Some((after, from + 1));
            }
            _ => return false,
        }
    }
}

/// Length of the pattern's first element if it matches `letter`.
fn one(pattern: &[u8], letter: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'\\', escaped, ..] => (*escaped == letter).then_some(2),
        [b'[', set @ ..] => {
            let negated = matches!(set.first(), Some(b'!' | b'^'));
            let set = &set[usize::from(negated)..];
            // A bracket that comes first belongs to the set.
            let end = set.iter().skip(1).position(|&byte| byte == b']').map(|end| end + 1);
            let Some(end) = end else { return (letter == b'[').then_some(1) };
            let hit = in_set(&set[..end], letter);
            (hit != negated).then_some(end + 2 + usize::from(negated))
        }
        [first, ..] => (*first == letter).then_some(1),
        [] => None,
    }
}

fn in_set(mut set: &[u8], letter: u8) -> bool {
    loop {
        match set {
            [from, b'-', to, rest @ ..] => {
                if (*from..=*to).contains(&letter) {
                    return true;
                }
                set = rest;
            }
            [first, rest @ ..] => {
                if *first == letter {
                    return true;
                }
                set = rest;
            }
            [] => return false,
        }
    }
}

#[derive(Clone, Copy)]
struct Token<'t> {
    text: &'t str,
    quoted: bool,
    line: usize,
}

impl Token<'_> {
    fn is(&self, text: &str) -> bool {
        !self.quoted && self.text == text
    }
}

struct Tokens<'t> {
    list: Vec<Token<'t>>,
    at: usize,
}

impl<'t> Tokens<'t> {
    fn new(text: &'t str) -> Result<Self, String> {
        let mut list = Vec::new();
        let (mut at, mut line) = (0, 1);
        let bytes = text.as_bytes();
        while let Some(&byte) = bytes.get(at) {
            let rest = &text[at..];
            let (length, quoted, kept) = match byte {
                b'/' if rest.starts_with("/*") => {
                    let end = rest.find("*/").ok_or_else(|| format!("{line}: expected the end of a comment"))?;
                    (end + 2, false, false)
                }
                b'#' => (rest.find('\n').unwrap_or(rest.len()), false, false),
                b'"' => {
                    let end = rest[1..].find('"').ok_or_else(|| format!("{line}: expected a closing quote"))?;
                    (end + 2, true, true)
                }
                b'{' | b'}' | b';' => (1, false, true),
                // `::` belongs to C++ names.
                b':' if !rest.starts_with("::") => (1, false, true),
                _ if byte.is_ascii_whitespace() => (1, false, false),
                _ => (word_length(rest), false, true),
            };
            let word = &rest[..length];
            if kept {
                list.push(Token { text: if quoted { &word[1..length - 1] } else { word }, quoted, line });
            }
            line += word.matches('\n').count();
            at += length;
        }
        Ok(Self { list, at: 0 })
    }

    fn next(&mut self) -> Option<Token<'t>> {
        let token = self.list.get(self.at).copied();
        self.at += 1;
        token
    }

    fn peek_is(&self, text: &str) -> bool {
        self.list.get(self.at).is_some_and(|token| token.is(text))
    }

    fn expect(&mut self, text: &str) -> Result<(), String> {
        let last = self.list.last().map_or(1, |token| token.line);
        match self.next() {
            Some(token) if token.is(text) => Ok(()),
            Some(token) => Err(format!("{}: expected {text}, found {}", token.line, token.text)),
            None => Err(format!("{last}: expected {text}, found the end of the file")),
        }
    }

    /// The `;` behind a pattern, which may be missing before `}`.
    fn end_of_pattern(&mut self) -> Result<(), String> {
        if self.peek_is("}") { Ok(()) } else { self.expect(";") }
    }

    /// Everything up to the closing `}`; `take` gets each pattern, and whether it is one for C++ names.
    fn patterns(
        &mut self,
        mut take: impl FnMut(&mut Self, Token<'t>, bool) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut cxx = None;
        loop {
            if self.peek_is("}") {
                self.next();
                match cxx.take() {
                    None => return Ok(()),
                    Some(_) if self.peek_is(";") => _ = self.next(),
                    Some(_) => {}
                }
                continue;
            }
            let last = self.list.last().map_or(1, |token| token.line);
            let token = self.next().ok_or_else(|| format!("{last}: expected }}, found the end of the file"))?;
            if token.is("extern") && cxx.is_none() {
                let language = self.next().map_or("", |language| language.text);
                cxx = Some(language == "C++");
                self.expect("{")?;
                continue;
            }
            if [";", "{", ":"].iter().any(|text| token.is(text)) {
                return Err(format!("{}: expected a symbol, found {}", token.line, token.text));
            }
            take(self, token, cxx == Some(true))?;
        }
    }
}

/// Bytes of the word at the start of `text`, which is not empty and begins with a letter of one.
fn word_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut length = 0;
    while let Some(&byte) = bytes.get(length) {
        if byte.is_ascii_whitespace() || b"{};\"".contains(&byte) {
            break;
        }
        if byte == b':' && bytes.get(length + 1) != Some(&b':') {
            break;
        }
        length += if byte == b':' { 2 } else { 1 };
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> SymbolRules {
        let mut rules = SymbolRules::default();
        rules.add_version_script(text).unwrap();
        rules
    }

    #[test]
    fn shell_patterns() {
        for (pattern, text, expected) in [
            ("foo*", "foobar", true),
            ("foo*", "fo", false),
            ("*bar", "foobarbar", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("?x", "ax", true),
            ("?", "", false),
            ("[a-c]1", "b1", true),
            ("[!a-c]1", "b1", false),
            ("[^a]1", "b1", true),
            ("[]x]", "]", true),
            ("[", "[", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("", "", true),
            ("**", "", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
        let (pattern, text) = ("a*".repeat(200) + "b", "a".repeat(5000));
        assert!(!matches(pattern.as_bytes(), text.as_bytes()));
    }

    #[test]
    fn local_hides_what_global_does_not_name() {
        let rules = script("V1 { global: api; api_*; local: *; };\n# more\nV2 { global: two; } V1;");
        assert!(!rules.hides("api") && !rules.hides("api_x") && !rules.hides("two") && rules.hides("other"));
        let rules = script("{ global: f*; local: foo; };");
        assert!(rules.hides("foo") && !rules.hides("fox") && !rules.hides("x"));
        let rules = script("{ local: f*; global: foo; /* no more */ };");
        assert!(!rules.hides("foo") && rules.hides("fox"));
        assert!(!script("{ local: *; global: *; };").hides("x"));
    }

    #[test]
    fn patterns_for_cxx_names() {
        let rules = script("{ global: extern \"C++\" { ns::*; \"f(int)\" }; local: *; };");
        assert!(!rules.hides("_ZN2ns1gEv") && !rules.hides("_Z1fi") && rules.hides("_Z1fl") && rules.hides("f"));
    }

    #[test]
    fn dynamic_lists() {
        let mut rules = SymbolRules::default();
        rules.add_dynamic_list("{ a; b*; };").unwrap();
        rules.add_exported("c?");
        assert!(rules.exports("a") && rules.exports("bc") && rules.exports("cc") && !rules.exports("c"));
    }

    #[test]
    fn errors_name_the_line() {
        let error = |text: &str| SymbolRules::default().add_version_script(text).unwrap_err();
        assert_eq!(error("{ global:\n a b; };"), "2: expected ;, found b");
        assert_eq!(error("{ global: a;\n"), "1: expected }, found the end of the file");
        assert_eq!(error("\n/* "), "2: expected the end of a comment");
        assert_eq!(error("{ \"a"), "1: expected a closing quote");
        assert_eq!(error("{ ; };"), "1: expected a symbol, found ;");
        let error = SymbolRules::default().add_dynamic_list("a;").unwrap_err();
        assert_eq!(error, "1: expected {, found a");
    }
}
