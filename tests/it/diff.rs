//! The first difference between two modules, in words: section, entry, meaning, byte.

use std::fmt::Write as _;

use crate::dump::{self, Entry, Section};

/// Describes the first difference between `ours` and `theirs`; `None` if they are the same bytes.
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
    for a in ours.1 {
        let Some(b) = theirs.1.iter().find(|b| b.name == a.name) else { continue };
        if let Some(difference) = sections((ours.0, a), (theirs.0, b)) {
            return text + &difference;
        }
    }
    text + "only section headers differ"
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
