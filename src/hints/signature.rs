//! Hints about functions with two signatures: what differs, and where both come from.

use super::{Evidence, source};
use crate::diagnostic::Place;
use crate::object::{Object, Signature, Symbol};
use crate::resolve::value_type_text;

/// What differs between the signatures at two places, and where in the source they are.
pub fn differences(evidence: &Evidence, first: Place, second: Place) -> Vec<String> {
    let mut notes = Vec::new();
    let (one, other) = (at(evidence, first), at(evidence, second));
    if let (Some((a, x)), Some((b, y))) = (one, other) {
        notes.extend(difference(a.signature(x), b.signature(y)));
    }
    for place in [first, second] {
        let Some((object, contents)) = evidence.opened(place.member) else { continue };
        let Some(entry) = object.symbols.get(place.symbol as usize) else { continue };
        let file = &object.name;
        notes.extend(match entry.flags.is_undefined() {
            true => source::user(object, contents, place.symbol, evidence.options)
                .map(|user| format!("{file} calls it in {user}")),
            false => {
                source::definition(object, contents, place.symbol).map(|line| format!("{file} has it from {line}"))
            }
        });
    }
    notes
}

fn at<'e, 'a>(evidence: &'e Evidence<'a>, place: Place) -> Option<(&'e Object<'a>, &'e Symbol)> {
    let object = evidence.object(place.member)?;
    Some((object, object.symbols.get(place.symbol as usize)?))
}

/// In words, what the second signature has otherwise than the first.
fn difference(first: Signature, second: Signature) -> Vec<String> {
    let mut notes = Vec::new();
    for (what, a, b) in [("parameter", first.params(), second.params()), ("result", first.results(), second.results())]
    {
        if a.len() != b.len() {
            let text = |count: usize| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
            notes.push(format!("{} in the first, {} in the second", text(a.len()), b.len()));
            continue;
        }
        for (index, (x, y)) in a.iter().zip(b).enumerate().filter(|(_, (x, y))| x != y) {
            let number = if a.len() == 1 { String::new() } else { format!(" {}", index + 1) };
            let (x, y) = (value_type_text(*x), value_type_text(*y));
            notes.push(format!("{what}{number}: {x} in the first, {y} in the second"));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_in_words() {
        let check =
            |a: &[u8], b: &[u8], expected: &[&str]| assert_eq!(difference(Signature(a), Signature(b)), expected);
        check(&[2, 0x7f, 0x7e, 0], &[2, 0x7f, 0x7d, 0], &["parameter 2: i64 in the first, f32 in the second"]);
        check(
            &[1, 0x7f, 0],
            &[0, 1, 0x7f],
            &["1 parameter in the first, 0 in the second", "0 results in the first, 1 in the second"],
        );
        check(&[0, 1, 0x7f], &[0, 1, 0x7e], &["result: i32 in the first, i64 in the second"]);
        check(&[0, 0], &[0, 0], &[]);
    }
}
