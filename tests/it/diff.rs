//! The first differences between two modules, in words: section, entry, meaning, byte.

use std::fmt::Write as _;

use crate::dump::{self, Entry, Section};

/// Sections whose first difference is shown.
const SECTIONS_SHOWN: usize = 4;

/// Describes the first differences between `ours` and `theirs`; `None` if they are the same bytes.
pub fn first_difference(ours: &[u8], theirs: &[u8]) -> Option<String> {
    if ours == theirs {
        return None;
    }
    let text = match (dump::describe(ours), dump::describe(theirs)) {
        (Ok(a), Ok(b)) => modules((ours, &a), (theirs, &b)),
        (Err(error), _) => format!("first module: {error}"),
        (_, Err(error)) => format!("second module: {error}"),
    };
    let at = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
    Some(format!("{text}\n(sizes {} vs {} bytes, first different byte at {at:#x})", ours.len(), theirs.len()))
}

fn names(sections: &[Section]) -> Vec<&str> {
    sections.iter().map(|section| section.name.as_str()).collect()
}

fn modules(ours: (&[u8], &[Section]), theirs: (&[u8], &[Section])) -> String {
    let mut text = String::new();
    if names(ours.1) != names(theirs.1) {
        let _ = writeln!(text, "sections: {:?}\n      vs: {:?}", names(ours.1), names(theirs.1));
    }
    let different: Vec<String> = ours
        .1
        .iter()
        .filter_map(|a| {
            let b = theirs.1.iter().find(|b| b.name == a.name)?;
            sections((ours.0, a), (theirs.0, b))
        })
        .collect();
    match different.len() {
        0 => text + "only section headers differ",
        // One difference leads to others: the first sections tell most.
        count => text + &different[..count.min(SECTIONS_SHOWN)].join("\n"),
    }
}

fn sections((our_bytes, a): (&[u8], &Section), (their_bytes, b): (&[u8], &Section)) -> Option<String> {
    if our_bytes[a.range.clone()] == their_bytes[b.range.clone()] {
        return None;
    }
    let title = a.name.to_uppercase();
    for (x, y) in a.entries.iter().zip(&b.entries) {
        if let Some(difference) = entries((our_bytes, x), (their_bytes, y)) {
            return Some(format!("{title} {difference}"));
        }
    }
    let (more, whose) = if a.entries.len() > b.entries.len() { (a, "first") } else { (b, "second") };
    let common = a.entries.len().min(b.entries.len());
    let extra = more.entries.get(common).map_or(String::from("nothing that the dump shows"), |entry| {
        format!("{}: {}, only in the {whose}", entry.label, entry.text.trim_end())
    });
    Some(format!("{title} has {} entries vs {}; {extra}", a.entries.len(), b.entries.len()))
}

fn entries((our_bytes, x): (&[u8], &Entry), (their_bytes, y): (&[u8], &Entry)) -> Option<String> {
    if x.label == y.label && x.text == y.text {
        // Entries of custom sections are lines of the whole section: there is no smaller range to compare.
        let (a, b) = (&our_bytes[x.range.clone()], &their_bytes[y.range.clone()]);
        let at = a.iter().zip(b).position(|(a, b)| a != b)?;
        let single = !x.label.starts_with("line ");
        return single.then(|| format!("{} +{at:#x}: {:#04x} vs {:#04x}", x.label, a[at], b[at]));
    }
    if x.label != y.label {
        return Some(format!("{} vs {}: {} vs {}", x.label, y.label, first_line(&x.text), first_line(&y.text)));
    }
    let differs = x.text.lines().zip(y.text.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| x.text.lines().count().min(y.text.lines().count()));
    let of = |text: &str| text.lines().nth(line).unwrap_or("(end)").trim().to_string();
    let (a, b) = (of(&x.text), of(&y.text));
    let at = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    Some(format!("{}: {}\n  vs {}", x.label, around(&a, at), around(&b, at)))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// `line`, or when it is long (a data segment) the part around character `at`.
fn around(line: &str, at: usize) -> String {
    let letters: Vec<char> = line.chars().collect();
    if letters.len() <= 200 {
        return line.to_string();
    }
    let start = at.saturating_sub(40).min(letters.len());
    let end = (at + 60).min(letters.len());
    format!("character {at} of {}: ..{}..", letters.len(), letters[start..end].iter().collect::<String>())
}

/// Checks that a difference is named by section, entry and byte.
///
/// # Errors
/// The words that came out instead.
pub fn self_test() -> Result<(), String> {
    use crate::build::{Body, Object, flag};
    let object = |value, name| {
        let mut object = Object::new();
        let ty = object.ty(&[], &[crate::build::I32]);
        object.function(ty, Body::code().i32_const(1).end());
        let function = object.function(ty, Body::code().i32_const(value).end());
        object.function_symbol(name, function, flag::WEAK);
        object.bytes()
    };
    let cases = [
        (object(1, "a"), object(1, "a"), None),
        (object(1, "a"), object(2, "a"), Some("CODE function 1: i32.const 1\n  vs i32.const 2")),
        (
            object(1, "a"),
            object(1, "b"),
            Some("LINKING line 0: symbol 0 func 1 a [BINDING_WEAK]\n  vs symbol 0 func 1 b"),
        ),
    ];
    for (ours, theirs, expected) in cases {
        let found = first_difference(&ours, &theirs);
        let same = match (&found, expected) {
            (Some(found), Some(expected)) => found.starts_with(expected),
            (found, expected) => found.is_none() && expected.is_none(),
        };
        if !same {
            return Err(format!("found {found:?}, expected {expected:?}"));
        }
    }
    Ok(())
}
