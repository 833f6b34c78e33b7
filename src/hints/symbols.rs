//! Hints about symbols that are not defined, or defined twice.

use super::names::{Kind, Match};
use super::{Evidence, source};
use crate::diagnostic::Place;
use crate::object::linking::NO_COMDAT;
use crate::object::{Object, Symbol, SymbolKind};
use crate::resolve::display_name;

/// What a program's C or C++ code is called by, if the C library's start file calls it.
const MAINS: [&str; 4] = ["main", "__main_argc_argv", "__main_void", "__original_main"];

/// Where an undefined symbol is referred to, and what may have been meant.
pub fn undefined(evidence: &Evidence, name: &str, place: Place) -> Vec<String> {
    let mut notes = Vec::new();
    let opened = evidence.opened(place.member);
    let user = opened.and_then(|(object, contents)| source::user(object, contents, place.symbol, evidence.options));
    if let Some(user) = user {
        notes.push(format!("referenced by {user}"));
    }
    notes.extend(further(evidence, name));
    notes.extend(meant(evidence, name));
    notes
}

/// How many references there are beyond the first.
fn further(evidence: &Evidence, name: &str) -> Option<String> {
    let references = evidence.references.get(name)?;
    let mut members: Vec<u32> = references[1..].iter().map(|place| place.member).collect();
    let count = members.len();
    members.dedup();
    let first = evidence.object(*members.first()?)?;
    let times = if count == 1 { "once".into() } else { format!("{count} times") };
    Some(match members.len() {
        1 => format!("referenced {times} more, in {}", first.name),
        2 => format!("referenced {times} more, in {} and another file", first.name),
        files => format!("referenced {times} more, in {} and {} other files", first.name, files - 1),
    })
}

/// What the missing name could be.
fn meant(evidence: &Evidence, name: &str) -> Option<String> {
    let found = evidence.names.get(name);
    if let Some(found) = found.filter(|found| found.kind == Kind::Same) {
        return same(evidence, *found);
    }
    if let Some(libraries) = evidence.libraries.get(name) {
        return Some(super::libraries::text(libraries));
    }
    let found = *found?;
    let (object, symbol) = locate(evidence, found)?;
    let (file, found_name) = (object.name, object.text(symbol.name));
    let text = display_name(found_name, evidence.options.demangle);
    Some(match found.kind {
        Kind::Same => return None,
        Kind::RustHash => {
            format!("{file} defines it with another hash: from another build of the crate, or by another compiler")
        }
        Kind::Linkage if found_name.starts_with("_Z") => {
            format!("did you mean the C++ function '{text}' of {file}? extern \"C\" would give it the name '{name}'")
        }
        Kind::Linkage => format!("did you mean the C function '{text}' of {file}? Declare it as extern \"C\""),
        Kind::Near(_) => format!("did you mean '{}'? It is defined in {file}", distinct(evidence, found_name, name)),
    })
}

/// A name as messages show it; as in the object file if the two would look the same.
fn distinct<'n>(evidence: &Evidence, found: &'n str, wanted: &str) -> std::borrow::Cow<'n, str> {
    let text = display_name(found, evidence.options.demangle);
    if text == display_name(wanted, evidence.options.demangle) { found.into() } else { text }
}

fn locate<'e, 'a>(evidence: &'e Evidence<'a>, found: Match) -> Option<(&'e Object<'a>, &'e Symbol)> {
    let object = evidence.object(found.member)?;
    Some((object, object.symbols.get(found.symbol as usize)?))
}

/// Why a definition of the same name does not count.
fn same(evidence: &Evidence, found: Match) -> Option<String> {
    let (object, symbol) = locate(evidence, found)?;
    let file = object.name;
    if symbol.flags.is_local() {
        return Some(format!("{file} defines it as a local symbol, which other files cannot refer to"));
    }
    let comdat = match symbol.kind {
        SymbolKind::Function => {
            let local = (symbol.index as usize).checked_sub(object.function_imports.len())?;
            object.function_comdats.get(local)
        }
        SymbolKind::Data => object.segment_comdats.get(symbol.index as usize),
        _ => None,
    };
    let comdat = comdat.filter(|&&comdat| comdat != NO_COMDAT)?;
    let group = display_name(object.text(object.comdats.get(*comdat as usize)?.name), evidence.options.demangle);
    Some(format!("{file} defines it in the comdat group '{group}', of which another file's copy is linked"))
}

/// What could be done about a missing entry symbol.
pub fn entry(evidence: &Evidence, name: &str) -> Vec<String> {
    let main = (name == "_start").then(|| defines(evidence, &MAINS)).flatten();
    match main {
        Some(object) => vec![format!(
            "{} defines main, but _start, which calls it, is missing: link the C library's crt1.o or crt1-command.o, \
             as clang does",
            object.name
        )],
        None => meant(evidence, name).into_iter().collect(),
    }
}

/// The first object that defines one of `names`.
fn defines<'e, 'a>(evidence: &'e Evidence<'a>, names: &[&str]) -> Option<&'e Object<'a>> {
    evidence.objects.iter().flatten().map(Box::as_ref).find(|object| {
        let defined = |symbol: &Symbol| !symbol.flags.is_undefined() && !symbol.flags.is_local();
        object.symbols.iter().any(|symbol| defined(symbol) && names.contains(&object.text(symbol.name)))
    })
}

/// What `--export` could have meant. Names are shown as `--export` takes them.
pub fn export(evidence: &Evidence, name: &str) -> Vec<String> {
    let near =
        evidence.names.get(name).filter(|found| found.kind != Kind::Same && !evidence.libraries.contains_key(name));
    let Some((object, symbol)) = near.and_then(|found| locate(evidence, *found)) else {
        return meant(evidence, name).into_iter().collect();
    };
    let found = object.text(symbol.name);
    let text = display_name(found, true);
    let meaning = if text == found { String::new() } else { format!(", which is '{text}'") };
    vec![format!("did you mean '{}'{meaning}? It is defined in {}", found, object.name)]
}

/// Where in the source each of some definitions is, as far as debug information says so.
pub fn places(evidence: &Evidence, places: &[Place]) -> Vec<String> {
    let mut notes = Vec::new();
    for place in places {
        let Some((object, contents)) = evidence.opened(place.member) else { continue };
        if let Some(line) = source::definition(object, contents, place.symbol) {
            notes.push(format!("{} has it from {line}", object.name));
        }
    }
    notes
}
