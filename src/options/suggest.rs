//! The option that an unknown one is most like.

use super::gnu::GNU;
use super::spec::{Shape, Spec};
use super::table::OPTIONS;
use crate::spelling;

/// A line that names the nearest option, if one is near.
pub fn option(word: &str) -> Option<String> {
    let body = word.trim_start_matches('-');
    let (name, value) = body.split_once('=').map_or((body, None), |(name, value)| (name, Some(value)));
    let nearest = OPTIONS
        .iter()
        .chain(GNU)
        .filter(|spec| spec.name.len() > 1)
        .filter_map(|spec| spelling::near(name, spec.name).map(|distance| (distance, spec)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, spec)| spec)?;
    Some(format!("did you mean '{}'?", spelled(nearest, value)))
}

/// The option with the dashes that it takes, and the value where it takes one in the same word.
fn spelled(spec: &Spec, value: Option<&str>) -> String {
    match (spec.shape, value) {
        (Shape::Equals | Shape::EqualsOrNext, Some(value)) => format!("{}={value}", spec.spelled()),
        (Shape::Flag, _) => spec.spelled(),
        _ => spec.usage(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_are_near() {
        for (word, expected) in [
            ("--export-dinamic", Some("--export-dynamic")),
            ("--max-memry=65536", Some("--max-memory=65536")),
            ("-growable-table", Some("--growable-table")),
            ("--max-memori", Some("--max-memory=<bytes>")),
            ("--gcsections", Some("--gc-sections")),
            ("--frob=1", None),
            ("--h", None),
            ("--waka", None),
        ] {
            assert_eq!(option(word), expected.map(|option| format!("did you mean '{option}'?")), "{word}");
        }
    }
}
