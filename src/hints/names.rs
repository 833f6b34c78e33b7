//! Which defined symbol is most like a name that nothing defines: one pass over all symbols of all inputs, for all the
//! names at once.

use crate::demangle::demangle;
use crate::object::{Object, Objects, SymbolKind};
use crate::spelling;
use rayon::prelude::*;
use std::collections::HashMap;

/// In which way a symbol is like a name; better ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The same name: a local symbol, or one in a comdat group that is not linked.
    Same,
    /// A Rust symbol that differs in its hash.
    RustHash,
    /// One of them is the C name of the other, a C++ function.
    Linkage,
    /// Spelt alike; how many edits apart.
    Near(usize),
}

/// A symbol that is like a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// In which way.
    pub kind: Kind,
    /// Whose.
    pub member: u32,
    /// Index into the member's symbols.
    pub symbol: u32,
}

/// A name to look for, prepared.
struct Wanted<'w> {
    name: &'w str,
    letters: u64,
    rust: Option<String>,
    /// Of a C name: how a C++ name that has it would spell it, `3foo`.
    mangled_part: Option<String>,
    /// Of a C++ function: its C name.
    c_name: Option<String>,
}

/// For each of `wanted` the symbol that is most like it; the first in input order, where several are.
pub fn find<'w>(objects: &Objects, wanted: &[&'w str]) -> HashMap<&'w str, Match> {
    let prepared: Vec<Wanted> = wanted.iter().map(|name| Wanted::new(name)).collect();
    if prepared.is_empty() {
        return HashMap::new();
    }
    let best = |mut a: Vec<Option<Match>>, b: Vec<Option<Match>>| {
        for (a, b) in a.iter_mut().zip(b) {
            *a = [*a, b].into_iter().flatten().min();
        }
        a
    };
    let matches = objects
        .as_slice()
        .par_iter()
        .enumerate()
        .filter_map(|(member, object)| Some(best_of(member as u32, object.as_ref()?, &prepared)))
        .reduce(|| vec![None; prepared.len()], best);
    wanted.iter().zip(matches).filter_map(|(name, found)| Some((*name, found?))).collect()
}

fn best_of(member: u32, object: &Object, wanted: &[Wanted]) -> Vec<Option<Match>> {
    let mut best: Vec<Option<Match>> = vec![None; wanted.len()];
    for (symbol, entry) in object.symbols.iter().enumerate() {
        if entry.flags.is_undefined() || entry.kind == SymbolKind::Section {
            continue;
        }
        let name = object.text(entry.name);
        let letters = letters(name);
        for (wanted, best) in wanted.iter().zip(&mut best) {
            if let Some(kind) = wanted.compare(name, letters, entry.flags.is_local()) {
                let found = Match { kind, member, symbol: symbol as u32 };
                *best = Some(best.map_or(found, |best| best.min(found)));
            }
        }
    }
    best
}

/// Which letters a name has, folded into 64 bits: names that are few edits apart differ in few of them.
fn letters(name: &str) -> u64 {
    name.bytes().fold(0, |letters, byte| letters | 1 << (byte & 63))
}

impl<'w> Wanted<'w> {
    fn new(name: &'w str) -> Self {
        let is_mangled = name.starts_with("_Z");
        Self {
            name,
            letters: letters(name),
            rust: rust_key(name),
            mangled_part: (!is_mangled && !name.starts_with("_R")).then(|| format!("{}{name}", name.len())),
            c_name: is_mangled.then(|| c_name(name)).flatten(),
        }
    }

    fn compare(&self, name: &str, letters: u64, local: bool) -> Option<Kind> {
        if name == self.name {
            return Some(Kind::Same);
        }
        // Nobody can refer to a local symbol of another name.
        if local {
            return None;
        }
        if self.is_rust_of_another_build(name) {
            return Some(Kind::RustHash);
        }
        if self.c_name.as_deref() == Some(name) {
            return Some(Kind::Linkage);
        }
        if let Some(part) = &self.mangled_part
            && name.starts_with("_Z")
            && name.contains(part.as_str())
            && c_name(name).as_deref() == Some(self.name)
        {
            return Some(Kind::Linkage);
        }
        let allowed = spelling::tolerance(self.name.len().min(name.len()));
        let differing = (letters ^ self.letters).count_ones() as usize;
        if differing > 2 * allowed && !name.eq_ignore_ascii_case(self.name) {
            return None;
        }
        spelling::near(self.name, name).map(Kind::Near)
    }

    fn is_rust_of_another_build(&self, name: &str) -> bool {
        let Some(key) = &self.rust else { return false };
        // Most names are told apart without taking them to pieces.
        let end = self.name.len().saturating_sub(4);
        let may_be = match self.name.starts_with("_R") {
            true => name.starts_with("_R") && name.as_bytes().ends_with(&self.name.as_bytes()[end..]),
            false => name.len() == self.name.len() && name.starts_with(key.as_str()),
        };
        may_be && rust_key(name).as_ref() == Some(key)
    }
}

/// The name of a C++ function without parameters, if it is in no namespace and no template.
fn c_name(mangled: &str) -> Option<String> {
    let text = demangle(mangled);
    let name = text.split_once('(')?.0;
    let plain =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$');
    plain.then(|| name.to_owned())
}

/// A Rust symbol without what depends on compiler and crate version: the legacy hash, or the crates' disambiguators.
fn rust_key(name: &str) -> Option<String> {
    if name.starts_with("_R") {
        let mut parts = name.split("Cs");
        let mut key = parts.next()?.to_owned();
        for part in parts {
            key.push('C');
            key.push_str(part.split_once('_').map_or(part, |(_, rest)| rest));
        }
        return Some(key);
    }
    // `17h`, 16 digits, `E`.
    let hash = name.len().checked_sub(20).filter(|_| name.starts_with("_ZN") && name.ends_with('E'))?;
    let digits = name.get(hash..)?.strip_prefix("17h")?;
    digits[..16].bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| name[..hash].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(wanted: &str, name: &str) -> Option<Kind> {
        Wanted::new(wanted).compare(name, letters(name), false)
    }

    #[test]
    fn rust_names_without_hash() {
        let (a, b) = ("_ZN4core3fmt5Write17h0123456789abcdefE", "_ZN4core3fmt5Write17hfedcba9876543210E");
        assert_eq!(compare(a, b), Some(Kind::RustHash));
        assert_eq!(compare(a, "_ZN4core3fmt5Writo17hfedcba9876543210E"), None);
        assert_eq!(compare("_RNvCs1234_7mycrate3foo", "_RNvCsabcdeF_7mycrate3foo"), Some(Kind::RustHash));
        assert_eq!(rust_key("_ZN1aE"), None);
        assert_eq!(rust_key("_ZN\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}E"), None);
    }

    #[test]
    fn names_of_c_and_cxx() {
        assert_eq!(compare("foo", "_Z3fooi"), Some(Kind::Linkage));
        assert_eq!(compare("_Z3fooi", "foo"), Some(Kind::Linkage));
        assert_eq!(compare("foo", "_ZN2ns3fooEi"), None);
        assert_eq!(compare("_Z3fooi", "_Z3fool"), Some(Kind::Near(1)));
    }

    #[test]
    fn local_symbols_count_only_if_the_name_is_the_same() {
        let wanted = Wanted::new("helper");
        assert_eq!(wanted.compare("helper", letters("helper"), true), Some(Kind::Same));
        assert_eq!(wanted.compare("helpers", letters("helpers"), true), None);
        assert_eq!(wanted.compare("helpers", letters("helpers"), false), Some(Kind::Near(1)));
    }
}
