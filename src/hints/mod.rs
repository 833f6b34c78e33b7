//! Hints: lines behind LLD's messages that help to mend what the messages are about.
//!
//! Nothing here runs in a link that has nothing to explain. Otherwise the passes have left in each diagnostic what it is
//! about ([`Subject`]); the inputs are read once more, one pass over all their symbols looks for everything that is
//! asked about, and the answers become notes.

mod libraries;
mod names;
mod signature;
mod source;
mod symbols;

use crate::diagnostic::{Diagnostic, Diagnostics, Place, Severity, Subject};
use crate::index::MemberIdx;
use crate::input::{FileSystem, Inputs, MemberKind};
use crate::object::{Contents, Object, Objects};
use crate::options::Options;
use rayon::prelude::*;
use std::collections::HashMap;

/// No more messages than this are explained.
const EXPLAINED_MAX: usize = 200;

/// What hints are made from.
struct Evidence<'a> {
    options: &'a Options,
    disk: &'a dyn FileSystem,
    /// All inputs that are objects, linked or not.
    objects: Objects<'a>,
    /// Code, data and custom sections of the objects whose places are asked for.
    contents: HashMap<u32, Contents<'a>>,
    /// What is most like each name that is asked about.
    names: HashMap<&'a str, names::Match>,
    /// Libraries that define a name, though they are not linked.
    libraries: HashMap<String, Vec<String>>,
    /// References to each undefined name, in order.
    references: HashMap<&'a str, Vec<Place>>,
}

impl<'a> Evidence<'a> {
    fn object(&self, member: u32) -> Option<&Object<'a>> {
        self.objects.get(MemberIdx(member))?.as_deref()
    }
    /// The object of a place that a subject names, and what is in it.
    fn opened(&self, member: u32) -> Option<(&Object<'a>, &Contents<'a>)> {
        Some((self.object(member)?, self.contents.get(&member)?))
    }
}

/// Adds hints to the messages that can do with some, if the options ask for hints.
pub fn explain(options: &Options, inputs: &Inputs, disk: &dyn FileSystem, diagnostics: &mut Diagnostics) {
    if !options.hints {
        return;
    }
    let shown = shown(options, diagnostics.list());
    if shown.is_empty() {
        return;
    }
    let list = diagnostics.list();
    let subjects: Vec<&Subject> = shown.iter().filter_map(|&index| list[index].subject.as_deref()).collect();
    let notes: Vec<Vec<String>> = {
        let evidence = collect(options, inputs, disk, list, &subjects);
        subjects.par_iter().map(|subject| explain_one(&evidence, subject)).collect()
    };
    for (index, notes) in shown.into_iter().zip(notes) {
        diagnostics.list_mut()[index].notes.extend(notes);
    }
}

/// Which diagnostics are explained: those with a subject that are printed; of those about an undefined symbol the first.
fn shown(options: &Options, list: &[Diagnostic]) -> Vec<usize> {
    let limit = if options.error_limit == 0 { u64::MAX } else { options.error_limit };
    let mut errors = 0;
    let mut seen = std::collections::HashSet::new();
    let mut shown = Vec::new();
    for (index, diagnostic) in list.iter().enumerate() {
        if shown.len() == EXPLAINED_MAX || errors >= limit {
            break;
        }
        errors += u64::from(diagnostic.severity == Severity::Error);
        match diagnostic.subject.as_deref() {
            Some(Subject::Undefined(name, _)) if !seen.insert(name) => {}
            Some(_) => shown.push(index),
            None => {}
        }
    }
    shown
}

fn collect<'a>(
    options: &'a Options,
    inputs: &'a Inputs,
    disk: &'a dyn FileSystem,
    list: &'a [Diagnostic],
    subjects: &[&'a Subject],
) -> Evidence<'a> {
    let mut references: HashMap<&str, Vec<Place>> = HashMap::new();
    for diagnostic in list {
        if let Some(Subject::Undefined(name, place)) = diagnostic.subject.as_deref() {
            references.entry(name).or_default().push(*place);
        }
    }
    let parse = |index: MemberIdx| {
        let member = &inputs.members[index];
        (member.kind == MemberKind::Wasm)
            .then(|| Object::parse(&member.name, inputs.bytes(index)).ok().map(Box::new))
            .flatten()
    };
    let needs_objects = subjects.iter().any(|subject| !matches!(subject, Subject::Library(_)));
    let members: Vec<MemberIdx> = inputs.members.indices().filter(|_| needs_objects).collect();
    let objects: Objects = members.into_par_iter().map(parse).collect::<Vec<_>>().into();
    let wanted = subjects.iter().filter_map(|subject| match subject {
        Subject::Undefined(name, _) | Subject::Entry(name) | Subject::Export(name) => Some(name.as_str()),
        _ => None,
    });
    let wanted: Vec<&str> = wanted.collect();
    let names = names::find(&objects, &wanted);
    let missing = wanted.iter().filter(|name| names.get(**name).is_none_or(|found| found.kind != names::Kind::Same));
    let libraries = libraries::that_define(options, inputs, disk, missing.copied());
    let contents = contents(&objects, subjects);
    Evidence { options, disk, objects, contents, names, libraries, references }
}

/// Reads the objects that the subjects' places are in.
fn contents<'a>(objects: &Objects<'a>, subjects: &[&Subject]) -> HashMap<u32, Contents<'a>> {
    let mut members: Vec<u32> = Vec::new();
    for subject in subjects {
        match subject {
            Subject::Undefined(_, place) => members.push(place.member),
            Subject::Duplicate(first, second) | Subject::Signature(first, second) => {
                members.extend([first.member, second.member]);
            }
            Subject::Entry(_) | Subject::Export(_) | Subject::Library(_) => {}
        }
    }
    members.sort_unstable();
    members.dedup();
    let read = |member: u32| {
        let object = objects.get(MemberIdx(member))?.as_ref()?;
        Some((member, Contents::parse(object).ok()?))
    };
    members.into_par_iter().filter_map(read).collect()
}

fn explain_one(evidence: &Evidence, subject: &Subject) -> Vec<String> {
    match subject {
        Subject::Undefined(name, place) => symbols::undefined(evidence, name, *place),
        Subject::Entry(name) => symbols::entry(evidence, name),
        Subject::Export(name) => symbols::export(evidence, name),
        Subject::Library(name) => libraries::not_found(evidence.options, evidence.disk, name),
        Subject::Duplicate(first, second) => symbols::places(evidence, &[*first, *second]),
        Subject::Signature(first, second) => signature::differences(evidence, *first, *second),
    }
}
