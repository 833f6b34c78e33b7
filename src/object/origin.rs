//! What an object says of how it was made: its `target_features` and `producers` sections.
//!
//! Nearly all objects of a program say the same in the same bytes. So these are checked and kept as they are: what is
//! equal need not be taken apart twice.

use super::reader::Reader;
use crate::diagnostic::Diagnostic;
use crate::leb;
use std::borrow::Cow;
use std::collections::HashSet;
use wasmparser::ProducersSectionReader;

/// An entry of the `target_features` section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature<'i> {
    /// `+` used, `-` disallowed.
    pub prefix: u8,
    /// Its name.
    pub name: &'i str,
}

/// The entries of a `target_features` section. Those that are equal have the same entries in the same order.
/// Spec: tool-conventions, Linking.md, "Target Features Section".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features<'i>(Cow<'i, [u8]>);

impl<'i> Features<'i> {
    /// Reads and checks the section.
    pub(super) fn parse(mut reader: Reader<'i, '_>) -> Result<Self, Diagnostic> {
        let bytes = &reader.bytes()[reader.position()..];
        let mut names = Names::default();
        for _ in 0..reader.count("a number of features", 2)? {
            let start = reader.position();
            if !matches!(reader.byte("a feature policy prefix")?, b'+' | b'-') {
                return Err(reader.error_at(start, "unknown feature policy prefix"));
            }
            let name = reader.string("the name of a feature")?;
            if !names.insert(name) {
                let message = format!("target features section contains repeated feature \"{name}\"");
                return Err(reader.error_at(start, message));
            }
        }
        reader.finish("the features")?;
        Ok(Self(bytes.into()))
    }
    /// Used features with these names.
    pub(super) fn used<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> Self {
        let mut bytes = Vec::new();
        leb::push_unsigned(&mut bytes, names.len() as u64);
        for name in names {
            bytes.push(b'+');
            leb::push_name(&mut bytes, name.as_bytes());
        }
        Self(bytes.into())
    }
    /// The entries, in file order.
    pub fn iter(&self) -> impl Iterator<Item = Feature<'_>> {
        let mut at = 0;
        let count = leb::read_u32(&self.0, &mut at).unwrap_or(0);
        (0..count).map_while(move |_| {
            let prefix = *self.0.get(at)?;
            at += 1;
            Some(Feature { prefix, name: text(&self.0, &mut at) })
        })
    }
}

/// The `producers` section. Spec: tool-conventions, ProducersSection.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Producers<'i>(&'i [u8]);

impl<'i> Producers<'i> {
    /// The names of the fields, in the order in which the linker writes them.
    pub const FIELDS: [&'static str; 3] = ["language", "processed-by", "sdk"];

    /// Reads and checks the section.
    pub(super) fn parse(reader: Reader<'i, '_>) -> Result<Self, Diagnostic> {
        let mut fields = [false; Self::FIELDS.len()];
        for field in reader.lift(ProducersSectionReader::new(reader.parser()))? {
            let field = reader.lift(field)?;
            let number = Self::FIELDS.iter().position(|&name| name == field.name).unwrap_or_default();
            if fields[number] {
                return Err(reader.error_at(0, "producers section does not have unique fields"));
            }
            let mut names = Names::default();
            for value in field.values {
                let value = reader.lift(value)?;
                if !names.insert(value.name) {
                    return Err(reader.error_at(0, "producers section contains repeated producer"));
                }
                fields[number] = true;
            }
        }
        Ok(Self(&reader.bytes()[reader.position()..]))
    }
    /// The entries in file order: index of the field in [`Self::FIELDS`], name, version.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &'i str, &'i str)> {
        let (bytes, mut at) = (self.0, 0);
        let fields = leb::read_u32(bytes, &mut at).unwrap_or(0);
        let (mut left, mut field, mut values) = (fields, 0, 0);
        std::iter::from_fn(move || {
            while values == 0 {
                left = left.checked_sub(1)?;
                let name = text(bytes, &mut at);
                field = Self::FIELDS.iter().position(|&known| known == name)?;
                values = leb::read_u32(bytes, &mut at).unwrap_or(0);
            }
            values -= 1;
            Some((field, text(bytes, &mut at), text(bytes, &mut at)))
        })
    }
}

/// The text at `at` of bytes that have been checked, with its length in front; `at` then stands behind it.
fn text<'b>(bytes: &'b [u8], at: &mut usize) -> &'b str {
    let length = leb::read_u32(bytes, at).unwrap_or(0) as usize;
    let text = bytes.get(*at..).and_then(|rest| rest.get(..length)).unwrap_or_default();
    *at += text.len();
    std::str::from_utf8(text).unwrap_or_default()
}

/// Different names: few, or any number in a file that is made to be slow.
#[derive(Default)]
struct Names<'i> {
    few: Vec<&'i str>,
    many: HashSet<&'i str>,
}

impl<'i> Names<'i> {
    /// More names than compilers have features.
    const FEW: usize = 32;

    /// Adds `name`; whether it is new.
    fn insert(&mut self, name: &'i str) -> bool {
        if self.few.len() == Self::FEW {
            return !self.few.contains(&name) && self.many.insert(name);
        }
        let is_new = !self.few.contains(&name);
        self.few.push(name);
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(names: &[String]) -> Result<Vec<(u8, String)>, String> {
        let mut bytes = Vec::new();
        leb::push_unsigned(&mut bytes, names.len() as u64);
        for name in names {
            bytes.push(if name.len() % 2 == 0 { b'+' } else { b'-' });
            leb::push_name(&mut bytes, name.as_bytes());
        }
        let features = Features::parse(Reader::new("a.o", "target_features", &bytes, 0));
        let features = features.map_err(|error| error.to_string())?;
        Ok(features.iter().map(|feature| (feature.prefix, feature.name.to_owned())).collect())
    }

    #[test]
    fn any_number_of_features_is_read_and_none_twice() {
        let mut names: Vec<String> = (0..20_000).map(|i| format!("feature{i}")).collect();
        for count in [0, 1, Names::FEW, Names::FEW + 1, names.len()] {
            let read = features(&names[..count]).unwrap();
            assert!(read.iter().map(|(_, name)| name).eq(&names[..count]), "{count}");
            assert!(read.iter().all(|(prefix, name)| *prefix == if name.len() % 2 == 0 { b'+' } else { b'-' }));
        }
        for (first, again) in [(0, 1), (3, Names::FEW), (Names::FEW + 5, 19_999)] {
            let own = std::mem::replace(&mut names[again], format!("feature{first}"));
            let error = features(&names).unwrap_err();
            names[again] = own;
            assert!(error.contains(&format!("repeated feature \"feature{first}\"")), "{error}");
        }
    }

    #[test]
    fn used_features_are_those_of_a_section() {
        let used = Features::used(["atomics", "simd128"].into_iter());
        let bytes = b"\x02+\x07atomics+\x07simd128";
        assert_eq!(used, Features::parse(Reader::new("a.o", "target_features", bytes, 0)).unwrap());
        assert!(used.iter().all(|feature| feature.prefix == b'+') && used.iter().count() == 2);
        assert_eq!(Features::default().iter().count(), 0);
    }

    #[test]
    fn producers_come_field_by_field() {
        let bytes = b"\x03\x03sdk\x00\x08language\x02\x01C\x0211\x04Rust\x00\x0cprocessed-by\x01\x05clang\x0222";
        let producers = Producers::parse(Reader::new("a.o", "producers", bytes, 0)).unwrap();
        let entries: Vec<_> = producers.iter().collect();
        assert_eq!(entries, [(0, "C", "11"), (0, "Rust", ""), (1, "clang", "22")]);
        assert_eq!(Producers::default().iter().count(), 0);
    }
}
