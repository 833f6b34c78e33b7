//! The serial part of resolution: replays LLD's walk over the inputs on integers.
//!
//! Two orders matter and differ. Names enter the symbol table, comdat groups are claimed and archive members are
//! extracted in *visit* order (a member is visited the moment a reference to it is met). An object takes its place in
//! the output when its visit *ends*: link order is post-order. Everything else in the linker may run in parallel
//! because both orders are fixed here.

use super::names::{NO_NAME, Names};
use super::symbol::{Imports, NO_MEMBER, State, Symbol, bits};
use super::{display_name, string_map};
use crate::diagnostic::{Diagnostics, Kind};
use crate::index::{IndexVec, MemberIdx, NameIdx, SymbolIdx};
use crate::input::{Inputs, MemberKind};
use crate::object::linking::NO_COMDAT;
use crate::object::{self, Object, Objects, SymbolFlags, SymbolKind};
use crate::options::Options;
use std::collections::HashMap;

/// In `Replay::symbol_of`: no symbol has this name yet.
const NONE: u32 = u32::MAX;

/// What the walk decides.
pub struct Replay<'a, 'i> {
    pub(super) options: &'a Options,
    pub(super) inputs: &'a Inputs,
    pub(super) objects: &'a Objects<'i>,
    pub(super) names: &'a mut Names<'i>,
    /// Symbol of each name, or [`NONE`].
    symbol_of: Vec<u32>,
    /// Global symbols in the order in which their names were first met.
    pub symbols: IndexVec<SymbolIdx, Symbol>,
    /// See [`Symbol::import`].
    pub imports: Imports,
    /// Linked members, in link order.
    pub link_order: Vec<MemberIdx>,
    /// Stub libraries, in command-line order.
    pub stubs: Vec<MemberIdx>,
    /// Shared libraries, in command-line order.
    pub shared: Vec<MemberIdx>,
    /// Members that a visit has reached.
    visited: Vec<bool>,
    /// Names that `--trace-symbol` gives; few or none.
    traced: Vec<NameIdx>,
    claimed_comdats: Vec<bool>,
    /// For each member with comdats, which of them it keeps.
    pub kept_comdats: IndexVec<MemberIdx, Vec<bool>>,
    /// The visits in order: which symbols of which member were entered one after the other.
    pub events: Vec<Event>,
    /// Of lazy functions that are weakly referred to: the reference that gives the signature, should they stay undefined.
    pub lazy_references: HashMap<SymbolIdx, (MemberIdx, u32)>,
    /// Lines of `--why-extract`: who asked, for which member, for which symbol.
    pub extractions: Vec<(String, MemberIdx, SymbolIdx)>,
    /// Whether some object refers to the indirect function table without a symbol, so that it must be table 0.
    pub legacy_table: bool,
    /// Whether a member should be linked that was not read.
    pub incomplete: bool,
    /// Hears of each member that will be linked, as soon as that is known.
    linked: &'a dyn Fn(MemberIdx),
}

/// A run of symbols of one member that enter the table one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Whose symbols.
    pub member: MemberIdx,
    /// First of them.
    pub start: u32,
    /// Behind the last of them.
    pub end: u32,
    /// Only names of definitions enter: an archive member that is not extracted yet.
    pub lazy: bool,
}

/// A visit under way.
struct Visit {
    member: MemberIdx,
    next: u32,
    lazy: bool,
    /// Who asked for it, for `--why-extract`.
    reason: Option<(String, SymbolIdx)>,
}

impl<'a, 'i> Replay<'a, 'i> {
    /// An empty symbol table.
    pub fn new(
        options: &'a Options,
        inputs: &'a Inputs,
        objects: &'a Objects<'i>,
        names: &'a mut Names<'i>,
        linked: &'a dyn Fn(MemberIdx),
    ) -> Self {
        let limit = names.limit();
        Self {
            options,
            inputs,
            objects,
            symbol_of: vec![NONE; limit],
            // Memory that is not used costs nothing; vectors that grow leave their old places behind.
            symbols: IndexVec::from(Vec::with_capacity(limit)),
            imports: Imports::default(),
            link_order: Vec::new(),
            stubs: Vec::new(),
            shared: Vec::new(),
            visited: vec![false; objects.len()],
            traced: options.trace_symbols.iter().filter_map(|name| names.find(name)).collect(),
            claimed_comdats: vec![false; limit],
            kept_comdats: IndexVec::filled(Vec::new(), objects.len()),
            events: Vec::new(),
            lazy_references: HashMap::new(),
            extractions: Vec::new(),
            legacy_table: false,
            incomplete: false,
            linked,
            names,
        }
    }

    /// The symbol called `name`, if one entered the table.
    pub fn find(&self, name: &str) -> Option<SymbolIdx> {
        self.names.find(name).and_then(|name| self.lookup(name))
    }

    pub(super) fn lookup(&self, name: NameIdx) -> Option<SymbolIdx> {
        let symbol = *self.symbol_of.get(name.0 as usize)?;
        (symbol != NONE).then_some(SymbolIdx(symbol))
    }

    /// The symbol called `name`, made if there is none: then it is undefined, without a file, and `true` comes with it.
    #[inline]
    pub fn insert(&mut self, name: NameIdx) -> (SymbolIdx, bool) {
        if name.0 as usize >= self.symbol_of.len() {
            self.symbol_of.resize(self.names.limit(), NONE);
        }
        let slot = &mut self.symbol_of[name.0 as usize];
        if *slot != NONE {
            return (SymbolIdx(*slot), false);
        }
        let symbol = self.symbols.push(Symbol::new(name));
        *slot = symbol.0;
        if self.traced.contains(&name) {
            self.symbols[symbol].bits |= bits::TRACED;
        }
        (symbol, true)
    }

    /// Takes apart the symbol table: symbols, and the symbol of each name.
    pub fn into_tables(self) -> (IndexVec<SymbolIdx, Symbol>, Vec<u32>) {
        (self.symbols, self.symbol_of)
    }

    /// Visits all members in command-line order.
    pub fn add_inputs(&mut self, diagnostics: &mut Diagnostics) {
        for member in self.inputs.members.indices() {
            match (self.inputs.members[member].kind, &self.objects[member]) {
                (MemberKind::Stub, _) => self.stubs.push(member),
                (_, Some(object)) if object.is_shared => self.add_shared(object, member, diagnostics),
                _ => self.visit(member, self.inputs.members[member].lazy, None, diagnostics),
            }
        }
    }

    /// LLD's `handleUndefined`: makes `name` wanted if anything knows it; extracts the member that has it.
    pub fn want(&mut self, name: &str, reason: &str, diagnostics: &mut Diagnostics) -> Option<SymbolIdx> {
        let index = self.find(name)?;
        self.symbols[index].bits |= bits::USED;
        if let State::Lazy = self.symbols[index].state {
            self.extract(index, Some(reason), diagnostics);
        }
        Some(index)
    }

    /// Links the member that a lazy symbol is in, because `reason` (if the table is to say it) asks for it.
    pub fn extract(&mut self, symbol: SymbolIdx, reason: Option<&str>, diagnostics: &mut Diagnostics) {
        let reason = reason.map(|reason| (reason.into(), symbol));
        self.visit(self.symbols[symbol].member, false, reason, diagnostics);
    }

    /// Makes every name of the options wanted that can extract: `-u`, `--export`, in LLD's order.
    pub fn want_options(&mut self, diagnostics: &mut Diagnostics) {
        let options = self.options;
        for name in &options.undefined {
            self.want(name, "<internal>", diagnostics);
        }
        for name in exported_names(options) {
            self.want(name, "--export", diagnostics);
        }
    }

    fn visit(
        &mut self,
        member: MemberIdx,
        lazy: bool,
        reason: Option<(String, SymbolIdx)>,
        diagnostics: &mut Diagnostics,
    ) {
        // Not recursive: a chain of archive members may be as long as the archives.
        let mut stack = Vec::new();
        self.start(&mut stack, Visit { member, next: 0, lazy, reason }, diagnostics);
        while let Some(visit) = stack.last_mut() {
            let (member, start, lazy) = (visit.member, visit.next, visit.lazy);
            let extract = match &self.objects[member] {
                Some(object) => self.enter_symbols(object, visit, diagnostics),
                None if lazy => self.enter_indexed(visit, diagnostics),
                None => {
                    self.incomplete = true;
                    stack.pop();
                    continue;
                }
            };
            let end = visit.next;
            if end > start {
                self.events.push(Event { member, start, end, lazy });
            }
            match extract {
                Some((wanted, reason)) => {
                    self.start(&mut stack, Visit { member: wanted, next: 0, lazy: false, reason }, diagnostics)
                }
                None => {
                    let visit = stack.pop().expect("the loop runs while there is a visit");
                    self.finish(visit, diagnostics);
                }
            }
        }
    }

    fn start(&mut self, stack: &mut Vec<Visit>, visit: Visit, diagnostics: &mut Diagnostics) {
        let member = visit.member;
        if !visit.lazy {
            if std::mem::replace(&mut self.visited[member.0 as usize], true) {
                return;
            }
            if self.objects[member].is_some() {
                (self.linked)(member);
            }
            if self.options.trace {
                diagnostics.print(self.inputs.members[member].name.clone());
            }
            let comdats = &self.names.comdats[member];
            let claimed = &mut self.claimed_comdats;
            let claim = |name: &NameIdx| !std::mem::replace(&mut claimed[name.0 as usize], true);
            self.kept_comdats[member] = comdats.iter().map(claim).collect();
        }
        stack.push(visit);
    }

    fn finish(&mut self, visit: Visit, diagnostics: &mut Diagnostics) {
        if visit.lazy {
            return;
        }
        self.add_legacy_table(visit.member, diagnostics);
        self.link_order.push(visit.member);
        if let Some((reason, symbol)) = visit.reason {
            self.extractions.push((reason, visit.member, symbol));
        }
    }

    /// Enters symbols until one needs a member extracted; returns that member.
    fn enter_symbols(
        &mut self,
        object: &Object<'i>,
        visit: &mut Visit,
        diagnostics: &mut Diagnostics,
    ) -> Option<(MemberIdx, Option<(String, SymbolIdx)>)> {
        while let Some(symbol) = object.symbols.get(visit.next as usize) {
            if visit.lazy && self.visited[visit.member.0 as usize] {
                // One of its own names had it extracted: the visit that did so has entered all of them.
                return None;
            }
            let index = visit.next;
            visit.next += 1;
            let name = self.names.symbols[visit.member][index as usize];
            if name == NO_NAME || (visit.lazy && symbol.flags.is_undefined()) {
                continue;
            }
            let extract = match visit.lazy {
                true => self.enter_lazy(name, visit.member, diagnostics),
                false => self.enter(object, visit.member, index, symbol, name, diagnostics),
            };
            if extract.is_some() {
                return extract;
            }
        }
        None
    }

    /// Enters the names that the archive's symbol table tells of a member that was not read, as far as
    /// [`Replay::enter_symbols`].
    fn enter_indexed(
        &mut self,
        visit: &mut Visit,
        diagnostics: &mut Diagnostics,
    ) -> Option<(MemberIdx, Option<(String, SymbolIdx)>)> {
        while let Some(&name) = self.names.symbols[visit.member].get(visit.next as usize) {
            visit.next += 1;
            let extract = self.enter_lazy(name, visit.member, diagnostics);
            if extract.is_some() {
                return extract;
            }
        }
        None
    }

    fn enter_lazy(
        &mut self,
        name: NameIdx,
        member: MemberIdx,
        diagnostics: &mut Diagnostics,
    ) -> Option<(MemberIdx, Option<(String, SymbolIdx)>)> {
        let (index, inserted) = self.insert(name);
        let symbol = &mut self.symbols[index];
        if inserted || (symbol.state == State::Undefined && symbol.flags.is_weak()) {
            // A weak reference does not extract; the lazy symbol remembers that it is weak.
            let weak = if inserted { 0 } else { SymbolFlags::WEAK };
            if !inserted && symbol.kind == SymbolKind::Function {
                self.lazy_references.insert(index, (symbol.member, symbol.symbol));
            }
            *symbol = Symbol { state: State::Lazy, member, flags: SymbolFlags(weak), ..*symbol };
            self.trace(index, "lazy definition of", member, diagnostics);
            return None;
        }
        if symbol.state != State::Undefined {
            return None;
        }
        let from = symbol.member;
        let why = self.options.why_extract.is_some().then(|| (self.file_text(from), index));
        Some((member, why))
    }

    fn enter(
        &mut self,
        object: &Object<'i>,
        member: MemberIdx,
        index: u32,
        symbol: &object::Symbol,
        name: NameIdx,
        diagnostics: &mut Diagnostics,
    ) -> Option<(MemberIdx, Option<(String, SymbolIdx)>)> {
        if symbol.flags.is_undefined() || self.is_discarded(object, member, symbol) {
            return self.enter_undefined(object, member, index, symbol, name, diagnostics);
        }
        let (at, inserted) = self.insert(name);
        self.symbols[at].bits |= bits::USED;
        let existing = self.symbols[at];
        let fresh = inserted || existing.state == State::Lazy;
        if !fresh && !self.check_type(at, object, member, symbol, diagnostics) {
            return None;
        }
        // A definition with another signature is another function: LLD warns of it once all references are known.
        let other = !fresh && self.has_other_signature(&existing, object, member, symbol);
        if fresh || other || self.should_replace(at, (member, index), symbol.flags, diagnostics) {
            self.symbols[at].define(member, index, symbol);
            self.trace(at, "definition of", member, diagnostics);
        }
        None
    }

    fn enter_undefined(
        &mut self,
        object: &Object<'i>,
        member: MemberIdx,
        index: u32,
        symbol: &object::Symbol,
        name: NameIdx,
        diagnostics: &mut Diagnostics,
    ) -> Option<(MemberIdx, Option<(String, SymbolIdx)>)> {
        let (at, inserted) = self.insert(name);
        self.symbols[at].bits |= bits::USED;
        self.trace(at, "reference to", member, diagnostics);
        if inserted {
            self.symbols[at].refer(member, index, symbol);
            return None;
        }
        match self.symbols[at].state {
            State::Lazy => {
                let weak = symbol.flags.is_weak() && matches!(symbol.kind, SymbolKind::Function | SymbolKind::Data);
                let existing = &mut self.symbols[at];
                if weak {
                    existing.flags.0 |= SymbolFlags::WEAK;
                    existing.kind = symbol.kind;
                    if symbol.kind == SymbolKind::Function {
                        // Should it stay undefined, this reference says what the function's stub looks like.
                        self.lazy_references.insert(at, (member, index));
                    }
                    return None;
                }
                let wanted = existing.member;
                // As in LLD, the table lists only references to functions here.
                let is_listed = self.options.why_extract.is_some() && symbol.kind == SymbolKind::Function;
                let why = is_listed.then(|| (self.file_text(member), at));
                Some((wanted, why))
            }
            State::Defined | State::Shared => {
                self.check_type(at, object, member, symbol, diagnostics);
                None
            }
            State::Undefined => {
                if symbol.kind == SymbolKind::Function && self.symbols[at].kind != SymbolKind::Function {
                    self.type_mismatch(at, member, symbol.kind, diagnostics);
                    return None;
                }
                self.update_undefined(object, member, index, symbol, at, diagnostics);
                None
            }
        }
    }

    /// LLD's `updateExistingUndefined`: import attributes must agree, a strong reference makes the symbol strong.
    fn update_undefined(
        &mut self,
        object: &Object<'i>,
        member: MemberIdx,
        index: u32,
        symbol: &object::Symbol,
        at: SymbolIdx,
        diagnostics: &mut Diagnostics,
    ) {
        let existing = self.symbols[at];
        if let Some((other, theirs)) = self.import_of(at)
            && (other.import_module_bytes(theirs) != object.import_module_bytes(symbol)
                || other.import_name(theirs) != object.import_name(symbol))
        {
            self.report_imports(at, (other, theirs), (member, object, symbol), diagnostics);
        }
        if symbol.kind == SymbolKind::Data {
            // Here a later reference also decides whether the symbol is hidden.
            if existing.flags.is_weak() {
                self.symbols[at].flags = SymbolFlags(symbol.flags.0 | SymbolFlags::UNDEFINED);
            }
            return;
        }
        let has_name = self.import_of(at).is_some_and(|(other, theirs)| other.import_name(theirs).is_some());
        let existing = &mut self.symbols[at];
        if !has_name && object.import_name(symbol).is_some() {
            existing.bits |= bits::OTHER_IMPORT;
            self.imports.insert(at, (member, index));
        }
        if existing.flags.is_weak() && !symbol.flags.is_weak() {
            let binding = symbol.flags.0 & SymbolFlags::BINDING_MASK;
            existing.flags.0 = existing.flags.0 & !SymbolFlags::BINDING_MASK | binding;
        }
        existing.flags.0 |= symbol.flags.0 & SymbolFlags::NO_STRIP;
    }

    /// Reports what two references to the undefined symbol `at` say differently of its import.
    #[cold]
    fn report_imports(
        &self,
        at: SymbolIdx,
        (other, theirs): (&Object<'i>, &object::Symbol),
        (member, object, symbol): (MemberIdx, &Object<'i>, &object::Symbol),
        diagnostics: &mut Diagnostics,
    ) {
        for (what, theirs, ours) in [
            ("name", other.import_name(theirs), object.import_name(symbol)),
            ("module", other.import_module(theirs), object.import_module(symbol)),
        ] {
            if let (Some(theirs), Some(ours)) = (theirs, ours)
                && theirs != ours
            {
                let name = self.text(at);
                let first = format!("defined as {theirs} in {}", self.file_text(self.symbols[at].member));
                let second = format!("defined as {ours} in {}", self.file_text(member));
                let message = format!("import {what} mismatch for symbol: {name}");
                diagnostics.push(crate::diagnostic::Diagnostic::error(Kind::Symbol, message).note(first).note(second));
            }
        }
    }

    /// The reference that says how an undefined symbol is imported.
    pub fn import_of(&self, at: SymbolIdx) -> Option<(&'a Object<'i>, &'a object::Symbol)> {
        let (member, index) = self.symbols[at].import(at, &self.imports);
        let object = self.objects.get(member)?.as_deref()?;
        Some((object, object.symbols.get(index as usize)?))
    }

    fn is_discarded(&self, object: &Object, member: MemberIdx, symbol: &object::Symbol) -> bool {
        let comdat = match symbol.kind {
            SymbolKind::Function if !object.function_comdats.is_empty() => {
                object.function_comdats[symbol.index as usize - object.function_imports.len()]
            }
            SymbolKind::Data if !object.segment_comdats.is_empty() && !symbol.flags.has(SymbolFlags::ABSOLUTE) => {
                object.segment_comdats.get(symbol.index as usize).copied().unwrap_or(NO_COMDAT)
            }
            _ => NO_COMDAT,
        };
        comdat != NO_COMDAT && !self.kept_comdats[member][comdat as usize]
    }

    /// Does what `--trace-symbol` asks for about the symbols that exist before any input is looked at.
    pub fn trace_linker_symbols(&self, diagnostics: &mut Diagnostics) {
        self.symbols.indices().for_each(|at| self.trace(at, "definition of", NO_MEMBER, diagnostics));
    }

    /// Does what `--trace-symbol` asks for about something that `member` says of a symbol.
    #[inline]
    pub(super) fn trace(&self, at: SymbolIdx, what: &str, member: MemberIdx, diagnostics: &mut Diagnostics) {
        if !self.traced.is_empty() && self.symbols[at].is(bits::TRACED) {
            let name = self.names.name(self.symbols[at].name);
            diagnostics.print(format!("{}: {what} {name}", self.file_text(member)));
        }
    }

    /// A symbol's name as messages show it.
    pub fn text(&self, at: SymbolIdx) -> String {
        display_name(self.names.name(self.symbols[at].name), self.options.demangle).into_owned()
    }

    /// A file's name as messages show it.
    pub fn file_text(&self, member: MemberIdx) -> String {
        self.inputs.members.get(member).map_or_else(|| "<internal>".into(), |member| member.name.clone())
    }
}

/// The names that `--export` and `--export-if-defined` give, in the order in which wasm-ld walks them.
pub fn exported_names(options: &Options) -> Vec<&str> {
    string_map::slot_order(options.exports_if_defined.iter().chain(&options.exports).map(String::as_str))
}
