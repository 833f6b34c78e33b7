//! Functions that are called with another signature than they are defined with.
//!
//! Most links have none: one parallel pass compares every reference with its symbol. For the names that it finds, what
//! LLD does symbol by symbol is replayed: a name has one variant for each signature, calls go to the variant of their
//! own signature, and variants that nothing defines trap.

use super::replay::Event;
use super::symbol::{NO_MEMBER, State};
use super::*;
use crate::diagnostic::{Diagnostic, Subject};
use crate::par;
use rayon::prelude::*;
use std::collections::HashMap;

/// One signature of a name.
#[derive(Clone, Copy)]
struct Variant {
    symbol: Symbol,
    signature: Option<SignatureIdx>,
    called: bool,
}

/// A name whose signatures disagree.
struct Clash {
    variants: Vec<Variant>,
    /// Which variant the name stands for.
    primary: usize,
    /// Number of the reference at which the disagreement showed; variants are listed from then on.
    since: Option<u64>,
    /// Which variant each symbol that has this name refers to.
    references: Vec<(FileIdx, u32, usize)>,
}

/// Finds the names whose signatures disagree, reports them, and redirects their references.
pub fn resolve(options: &Options, resolution: &mut Resolution, events: &[Event], diagnostics: &mut Diagnostics) {
    let names = mismatched(resolution);
    if names.is_empty() {
        return;
    }
    let mut clashes: HashMap<SymbolIdx, Clash> =
        names.iter().map(|&name| (name, Clash::new(resolution, name))).collect();
    let errors = replay(options, resolution, events, &mut clashes);
    if !errors.is_empty() {
        errors.into_iter().for_each(|error| diagnostics.push(error));
        return;
    }
    // The callers of a library may be right.
    for (&name, clash) in clashes.iter().filter(|(_, clash)| clash.since.is_none()) {
        if let Some(variant) = clash.variants.get(clash.primary).filter(|v| v.symbol.state == State::Shared) {
            resolution.signatures[name] = variant.signature.into();
        }
    }
    let mut clashes: Vec<(SymbolIdx, Clash)> = clashes.into_iter().filter(|(_, clash)| clash.since.is_some()).collect();
    clashes.sort_by_key(|(_, clash)| clash.since);
    for (name, clash) in clashes {
        if !apply(options, resolution, name, clash, diagnostics) {
            return;
        }
    }
}

/// Names to which some definition or call gives another signature than their symbol has.
fn mismatched(resolution: &Resolution) -> Vec<SymbolIdx> {
    let mut names: Vec<SymbolIdx> = par::uneven(resolution.files.as_slice().par_iter())
        .flat_map_iter(|file| {
            let types = &resolution.names.types[file.member];
            file.object.symbols.iter().enumerate().filter_map(move |(i, symbol)| {
                let target = file.targets[i];
                if symbol.kind != SymbolKind::Function || target == LOCAL {
                    return None;
                }
                let bound = !symbol.flags.is_undefined() && file.keeps_symbol(symbol);
                let signature = types[file.object.signature_type(symbol) as usize];
                let checked = bound || file.contents.is_called(i as u32);
                let agreed = resolution.signatures[target].get().is_none_or(|agreed| agreed == signature);
                (checked && !agreed && resolution.symbols[target].kind == SymbolKind::Function).then_some(target)
            })
        })
        .collect();
    names.extend(mismatched_libraries(resolution));
    names.par_sort_unstable();
    names.dedup();
    names
}

/// The same for the functions that shared libraries define.
fn mismatched_libraries(resolution: &Resolution) -> Vec<SymbolIdx> {
    let mut names = Vec::new();
    for (member, library) in &resolution.shared {
        for (i, symbol) in library.symbols.iter().enumerate().filter(|(_, symbol)| is_shared_function(library, symbol))
        {
            let Some(&target) = resolution.symbol_of.get(resolution.names.symbols[*member][i].0 as usize) else {
                continue;
            };
            let signature = resolution.names.types[*member][library.signature_type(symbol) as usize];
            let Some(target) = resolution.symbols.get(SymbolIdx(target)).map(|_| SymbolIdx(target)) else { continue };
            let agreed = resolution.signatures[target].get().is_none_or(|agreed| agreed == signature);
            if !agreed && resolution.symbols[target].kind == SymbolKind::Function {
                names.push(target);
            }
        }
    }
    names
}

fn is_shared_function(library: &Object, symbol: &crate::object::Symbol) -> bool {
    symbol.kind == SymbolKind::Function
        && !symbol.flags.is_undefined()
        && !shared::is_private(library.text(symbol.name))
}

impl File<'_> {
    /// Whether a defined symbol's comdat group, if it has one, is linked.
    pub fn keeps_symbol(&self, symbol: &crate::object::Symbol) -> bool {
        match symbol.kind {
            SymbolKind::Function => {
                let local = (symbol.index as usize).checked_sub(self.object.function_imports.len());
                self.keeps(local.and_then(|local| self.object.function_comdats.get(local)))
            }
            SymbolKind::Data => self.keeps(self.object.segment_comdats.get(symbol.index as usize)),
            _ => true,
        }
    }
}

impl Clash {
    fn new(resolution: &Resolution, name: SymbolIdx) -> Self {
        let linker_made =
            matches!(resolution.definitions[name], Definition::Function(f) if resolution.linker_function(f).is_some());
        let variants = match linker_made {
            true => {
                let symbol = resolution.symbols[name];
                vec![Variant { symbol, signature: resolution.signatures[name].get(), called: true }]
            }
            false => Vec::new(),
        };
        Self { variants, primary: 0, since: None, references: Vec::new() }
    }

    /// The variant of `signature`, and whether it had to be made.
    fn variant(&mut self, signature: Option<SignatureIdx>, number: u64) -> (usize, bool) {
        self.since.get_or_insert(number);
        match self.variants.iter().position(|variant| variant.signature == signature) {
            Some(found) => (found, false),
            None => {
                let symbol = Symbol::new(self.variants[self.primary].symbol.name);
                self.variants.push(Variant { symbol, signature, called: false });
                (self.variants.len() - 1, true)
            }
        }
    }

    fn add_lazy(&mut self, name: NameIdx, member: MemberIdx) {
        let Some(variant) = self.variants.get_mut(self.primary) else {
            let symbol = Symbol { state: State::Lazy, member, ..Symbol::new(name) };
            self.variants.push(Variant { symbol, signature: None, called: false });
            return;
        };
        if variant.symbol.is_undefined_weak() {
            (variant.symbol.state, variant.symbol.member) = (State::Lazy, member);
        }
    }

    fn add_defined(&mut self, options: &Options, new: Variant, number: u64) -> usize {
        let Some(existing) = self.variants.get(self.primary).copied() else {
            self.variants.push(new);
            return 0;
        };
        let primary = self.primary;
        if existing.symbol.state == State::Lazy {
            self.variants[primary] = new;
            return primary;
        }
        let replaces = !existing.symbol.is_found()
            || (!new.symbol.flags.is_weak()
                && (existing.symbol.flags.is_weak()
                    || existing.symbol.state == State::Shared
                    || !options.allow_multiple_definition));
        let checked = existing.symbol.is_found() || existing.called;
        if checked && existing.signature.is_some_and(|signature| Some(signature) != new.signature) {
            let (variant, made) = self.variant(new.signature, number);
            if made || replaces {
                self.variants[variant] = new;
            }
            self.primary = variant;
            return variant;
        }
        if replaces {
            self.variants[primary] = new;
        }
        primary
    }

    /// A function of a library never replaces a definition. A call of another signature is an error, or right if the
    /// options say so; it comes back as the error's two parties.
    fn add_shared(&mut self, options: &Options, mut new: Variant) -> Option<(Variant, Variant)> {
        let Some(existing) = self.variants.get(self.primary).copied() else {
            self.variants.push(new);
            return None;
        };
        if existing.symbol.is_found() {
            return None;
        }
        let mut error = None;
        if existing.symbol.state != State::Lazy && existing.called && existing.signature != new.signature {
            match options.no_shlib_sigcheck {
                true => new.signature = existing.signature,
                false => error = Some((existing, new)),
            }
        }
        self.variants[self.primary] = new;
        error
    }

    /// A call of what a library defines.
    fn call_shared(&mut self, options: &Options, new: Variant) -> Option<(Variant, Variant)> {
        let existing = &mut self.variants[self.primary];
        if !new.called || existing.signature == new.signature {
            return None;
        }
        if options.no_shlib_sigcheck {
            existing.signature = new.signature;
            return None;
        }
        Some((*existing, new))
    }

    fn is_shared(&self) -> bool {
        self.variants.get(self.primary).is_some_and(|variant| variant.symbol.state == State::Shared)
    }

    fn add_undefined(&mut self, new: Variant, number: u64) -> usize {
        let Some(existing) = self.variants.get(self.primary).copied() else {
            self.variants.push(new);
            return 0;
        };
        let primary = self.primary;
        if existing.symbol.state == State::Lazy {
            if new.symbol.flags.is_weak() {
                self.variants[primary].symbol.flags.0 |= SymbolFlags::WEAK;
                self.variants[primary].signature = new.signature;
            }
            return primary;
        }
        let signature =
            *self.variants[primary].signature.get_or_insert(new.signature.expect("functions have signatures"));
        let undefined = !existing.symbol.is_defined();
        let mut target = primary;
        if new.called && Some(signature) != new.signature {
            if undefined && !existing.called {
                self.variants[primary] = new;
            } else {
                let (variant, made) = self.variant(new.signature, number);
                if made {
                    self.variants[variant] = new;
                }
                target = variant;
            }
        }
        if undefined {
            let existing = &mut self.variants[primary];
            if existing.symbol.flags.is_weak() && !new.symbol.flags.is_weak() {
                existing.symbol.flags.0 &= !SymbolFlags::BINDING_MASK;
            }
            existing.symbol.flags.0 |= new.symbol.flags.0 & SymbolFlags::NO_STRIP;
            existing.called |= new.called;
        }
        target
    }
}

/// Replays all references to the clashing names. Returns the errors about libraries.
fn replay(
    options: &Options,
    resolution: &Resolution,
    events: &[Event],
    clashes: &mut HashMap<SymbolIdx, Clash>,
) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    let mut report = |error: Option<(Variant, Variant)>| {
        errors.extend(error.map(|(first, second)| {
            let message = format!("function signature mismatch: {}", resolution.names.name(first.symbol.name));
            let error = Diagnostic::error(Kind::Signature, message);
            error.note(place(resolution, &first)).note(place(resolution, &second))
        }));
    };
    let mut number = 0;
    for event in events {
        for index in event.start..event.end {
            number += 1;
            let Some(target) = entered(resolution, event.member, index) else { continue };
            let Some(clash) = clashes.get_mut(&target) else { continue };
            let name = resolution.symbols[target].name;
            if event.lazy {
                clash.add_lazy(name, event.member);
                continue;
            }
            if let Some(library) = resolution.library(event.member) {
                let entry = &library.symbols[index as usize];
                if is_shared_function(library, entry) {
                    let mut symbol = Symbol::new(name);
                    symbol.define(event.member, index, entry);
                    symbol.state = State::Shared;
                    let ty = library.signature_type(entry) as usize;
                    let signature = Some(resolution.names.types[event.member][ty]);
                    report(clash.add_shared(options, Variant { symbol, signature, called: false }));
                }
                continue;
            }
            let Some(file) = resolution.file_of[event.member] else { continue };
            let object = &resolution.files[file].object;
            let entry = &object.symbols[index as usize];
            let mut symbol = Symbol::new(name);
            symbol.bits = bits::USED;
            let bound = !entry.flags.is_undefined() && resolution.files[file].keeps_symbol(entry);
            match bound {
                true => symbol.define(event.member, index, entry),
                false => symbol.refer(event.member, index, entry),
            }
            let signature = Some(resolution.names.types[event.member][object.signature_type(entry) as usize]);
            let called = resolution.files[file].contents.is_called(index);
            let new = Variant { symbol, signature, called };
            let variant = match bound {
                true => clash.add_defined(options, new, number),
                false if clash.is_shared() => {
                    report(clash.call_shared(options, new));
                    clash.primary
                }
                false => clash.add_undefined(new, number),
            };
            clash.references.push((file, index, variant));
        }
    }
    errors
}

/// The symbol that entry `index` of `member` names, if it takes part in resolution.
fn entered(resolution: &Resolution, member: MemberIdx, index: u32) -> Option<SymbolIdx> {
    let target = match resolution.file_of[member] {
        Some(file) => resolution.files[file].targets[index as usize],
        None => match resolution.names.symbols[member][index as usize] {
            names::NO_NAME => LOCAL,
            name => SymbolIdx(resolution.symbol_of[name.0 as usize]),
        },
    };
    (target != LOCAL).then_some(target)
}

/// What a message says of a variant.
fn place(resolution: &Resolution, variant: &Variant) -> String {
    let signature = resolution.names.signature(variant.signature.expect("functions have signatures"));
    let file = resolution.object_of(variant.symbol.member).map_or("<internal>", |object| object.name);
    format!("defined as {} in {file}", signature_text(signature))
}

/// Enters the variants of a name as symbols; `false` if nothing defines it.
fn apply(
    options: &Options,
    resolution: &mut Resolution,
    name: SymbolIdx,
    clash: Clash,
    diagnostics: &mut Diagnostics,
) -> bool {
    let text = resolution.name(name).to_string();
    let message = format!("function signature mismatch: {text}");
    let Some(defined) = clash.variants.iter().position(|variant| variant.symbol.is_defined()) else {
        let (first, second) = (place(resolution, &clash.variants[0]), place(resolution, &clash.variants[1]));
        let subject = Subject::Signature(clash.variants[0].symbol.place(), clash.variants[1].symbol.place());
        diagnostics.push(Diagnostic::error(Kind::Signature, message).note(first).note(second).about(subject));
        return false;
    };
    let indices: Vec<SymbolIdx> = (0..clash.variants.len())
        .map(|i| match i == clash.primary {
            true => name,
            false => {
                resolution.definitions.push(Definition::Undefined);
                resolution.signatures.push(None.into());
                resolution.symbols.push(clash.variants[i].symbol)
            }
        })
        .collect();
    let kept_bits = resolution.symbols[name].bits & !bits::OTHER_IMPORT;
    for (&index, variant) in indices.iter().zip(&clash.variants) {
        resolution.symbols[index] = variant.symbol;
        resolution.signatures[index] = variant.signature.into();
        resolution.definitions[index] = match resolution.file_of.get(variant.symbol.member).copied().flatten() {
            Some(file) if variant.symbol.is_defined() => resolution.local_definition(file, variant.symbol.symbol),
            None if variant.symbol.is_defined() && variant.symbol.member == NO_MEMBER => resolution.definitions[name],
            _ => Definition::Undefined,
        };
    }
    resolution.symbols[name].bits |= kept_bits;
    for (i, variant) in clash.variants.iter().enumerate().filter(|&(i, _)| i != defined) {
        let (first, second) = (place(resolution, variant), place(resolution, &clash.variants[defined]));
        let subject = Subject::Signature(variant.symbol.place(), clash.variants[defined].symbol.place());
        let warning = Diagnostic::warning(Kind::Signature, message.clone()).note(first).note(second);
        diagnostics.push(warning.about(subject));
        let stub = format!("signature_mismatch:{}", display_name(&text, options.demangle));
        // As in LLD, only the first variant is watched.
        if i == 0 {
            resolution.trace_stub(name, &stub, diagnostics);
        }
        resolution.replace_with_stub(indices[i], variant.signature.expect("functions have signatures"), stub);
    }
    for (file, symbol, variant) in clash.references {
        resolution.files[file].targets[symbol as usize] = indices[variant];
    }
    true
}
