//! Which members are read: all but those of archives that nothing can need.
//!
//! A member whose names its archive's symbol table tells is read once something that is read refers to one of its names.
//! That reads at least what the walk of [`super::select`] links if the tables are right: where several members define a
//! name, it is the first of them that a reference links. A table that is found to be wrong is not believed any more. Should
//! that not be enough, the walk notices or something is missing in the end: then the link begins anew with everything.

use super::names::{Collector, MemberNames, NO_NAME};
use crate::diagnostic::Diagnostic;
use crate::index::{Idx, MemberIdx, NameIdx};
use crate::input::{Inputs, MemberKind, stub};
use crate::linker_defined;
use crate::object::{Object, SymbolKind};
use crate::options::Options;
use crate::par;
use rayon::Scope;
use rayon::prelude::*;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// What was read of a member: nothing if it is not needed, or if there is nothing to read.
pub type Read<'i> = Result<(Option<Box<Object<'i>>>, MemberNames), Box<Diagnostic>>;

/// Reads all members but those that are `optional` and cannot be needed, each with `read`.
pub fn read_members<'i>(
    options: &Options,
    inputs: &'i Inputs,
    collector: &Collector<'i>,
    optional: &(impl Fn(MemberIdx) -> bool + Sync),
    read: &(impl Fn(MemberIdx) -> Result<Option<Box<Object<'i>>>, Box<Diagnostic>> + Sync),
) -> Vec<Read<'i>> {
    let len = inputs.members.len();
    let indexed: Vec<Option<Box<[NameIdx]>>> = par::map(len, |member| {
        let member = MemberIdx::new(member);
        let names = inputs.indexed_names(member).filter(|_| optional(member))?;
        Some(collector.add_names(names))
    });
    if indexed.iter().all(Option::is_none) {
        return par::map(len, |member| {
            let object = read(MemberIdx::new(member))?;
            let names = object.as_deref().map(|object| collector.add(object));
            Ok((object, names.unwrap_or_default()))
        });
    }
    let closure = Closure {
        inputs,
        collector,
        read,
        definers: definers(&indexed, collector.limit()),
        wanted: indexed.iter().map(|names| AtomicBool::new(names.is_none())).collect(),
        indexed,
        done: (0..len).map(|_| OnceLock::new()).collect(),
    };
    rayon::scope(|scope| {
        par::uneven((0..len).into_par_iter()).for_each(|member| {
            if closure.indexed[member].is_none() {
                closure.enter(scope, member);
            }
        });
        let roots = linker_defined::names(options).map(str::to_owned).chain(super::wrapped_names(options));
        let roots = roots.chain(stub_needs(inputs));
        roots.filter_map(|name| collector.find(&name)).for_each(|name| closure.want(scope, name));
    });
    let names = closure.indexed.into_iter().map(Option::unwrap_or_default);
    let done = closure.done.into_iter().map(OnceLock::into_inner).zip(names);
    done.map(|(read, names)| read.unwrap_or_else(|| Ok((None, MemberNames::of_symbols(names))))).collect()
}

/// What the importers of names of stub libraries need.
fn stub_needs(inputs: &Inputs) -> impl Iterator<Item = String> {
    let stubs = inputs.members.indices().filter(|&member| inputs.members[member].kind == MemberKind::Stub);
    stubs.flat_map(|member| stub::parse(inputs.bytes(member))).flat_map(|(_, needs)| needs)
}

/// For each name one more than the first member that a table says defines it; 0 if there is none.
fn definers(indexed: &[Option<Box<[NameIdx]>>], names: usize) -> Vec<u32> {
    let mut definers = vec![0; names];
    for (member, defined) in indexed.iter().enumerate().rev() {
        for name in defined.iter().flatten() {
            definers[name.0 as usize] = member as u32 + 1;
        }
    }
    definers
}

/// Reading under way.
struct Closure<'a, 'i, R> {
    inputs: &'i Inputs,
    collector: &'a Collector<'i>,
    read: &'a R,
    /// What the tables say that each member defines.
    indexed: Vec<Option<Box<[NameIdx]>>>,
    definers: Vec<u32>,
    wanted: Vec<AtomicBool>,
    done: Vec<OnceLock<Read<'i>>>,
}

impl<'a, 'i, R> Closure<'a, 'i, R>
where
    R: Fn(MemberIdx) -> Result<Option<Box<Object<'i>>>, Box<Diagnostic>> + Sync,
{
    /// Reads a member; others that it needs are left to whichever thread has nothing else to do.
    fn enter<'s>(&'s self, scope: &Scope<'s>, member: usize) {
        let result = (self.read)(MemberIdx::new(member)).map(|object| {
            let names = object.as_deref().map(|object| {
                let names = self.collector.add(object);
                self.follow(scope, member, object, &names.symbols);
                names
            });
            (object, names.unwrap_or_default())
        });
        _ = self.done[member].set(result);
    }

    /// Wants what an object refers to.
    fn follow<'s>(&'s self, scope: &Scope<'s>, member: usize, object: &Object<'i>, names: &[NameIdx]) {
        let symbols = || object.symbols.iter().zip(names).filter(|&(_, &name)| name != NO_NAME);
        for (symbol, &name) in symbols() {
            let waits = symbol.flags.is_weak() && matches!(symbol.kind, SymbolKind::Function | SymbolKind::Data);
            if symbol.flags.is_undefined() && !waits {
                self.want(scope, name);
            }
        }
        if let Some(indexed) = &self.indexed[member] {
            let defined = symbols().filter(|(symbol, _)| !symbol.flags.is_undefined()).map(|(_, &name)| name);
            if !defined.eq(indexed.iter().copied()) {
                self.distrust(scope, member);
            }
        }
    }

    fn want<'s>(&'s self, scope: &Scope<'s>, name: NameIdx) {
        match self.definers.get(name.0 as usize) {
            None | Some(0) => {}
            Some(&member) => self.want_member(scope, member as usize - 1),
        }
    }

    fn want_member<'s>(&'s self, scope: &Scope<'s>, member: usize) {
        let wanted = &self.wanted[member];
        if !wanted.load(Ordering::Relaxed) && !wanted.swap(true, Ordering::Relaxed) {
            scope.spawn(move |scope| self.enter(scope, member));
        }
    }

    /// The table of the archive of `member` is wrong: all of its members are read.
    #[cold]
    fn distrust<'s>(&'s self, scope: &Scope<'s>, member: usize) {
        let archive = |&other: &usize| {
            self.inputs.members[MemberIdx::new(other)].archive == self.inputs.members[MemberIdx::new(member)].archive
        };
        (member + 1..self.indexed.len()).take_while(archive).for_each(|other| self.want_member(scope, other));
        (0..member).rev().take_while(archive).for_each(|other| self.want_member(scope, other));
    }
}

#[cfg(test)]
mod tests;
