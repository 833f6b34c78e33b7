//! One look at every relocation of everything live: which functions need table slots, which symbols GOT entries, which
//! types are named, what is undefined.
//!
//! Looking runs in parallel over pieces of about equal size. What each piece saw first is then taken up piece after
//! piece: slots and types are numbered in the order in which a serial scan would meet them.

use super::dynamic::report_relocation;
use super::look::{self, Found, Look};
use super::slots::Slots;
use super::tls::report_tls;
use super::{Callee, GotEntry, Layout};
use crate::diagnostic::{Diagnostic, Diagnostics, Kind, Place, Subject};
use crate::index::*;
use crate::liveness::{LiveSet, UseOrders};
use crate::object::SymbolKind;
use crate::options::{Options, Unresolved};
use crate::par;
use crate::resolve::symbol::{State, bits};
use crate::resolve::{Definition, LinkerFunction, Resolution, Role};
use std::collections::{HashMap, HashSet};

/// What marking has seen: all that a scan would find, as a rule.
pub(super) struct Used {
    /// Types, in order of first use.
    types: Vec<SignatureIdx>,
    /// Functions with table slots, in the order of these.
    elements: Vec<Callee>,
    slots: Slots,
    /// Undefined symbols.
    undefined: Vec<SymbolIdx>,
}

impl Used {
    /// Whether a scan would find nothing else: nothing is undefined that must not be.
    fn are_all(&self, options: &Options, resolution: &Resolution) -> bool {
        let is_fine = |&at: &SymbolIdx| {
            let symbol = &resolution.symbols[at];
            symbol.state != State::Undefined || symbol.flags.is_weak() || resolution.is_imported(at)
        };
        !options.relocatable && !resolution.is_dynamic(options) && self.undefined.iter().all(is_fine)
    }
}

impl From<UseOrders> for Used {
    fn from(orders: UseOrders) -> Self {
        let slots = Slots::of_defined(&orders.slots);
        let elements = orders.slots.into_iter().map(Callee::Defined).collect();
        Self { types: orders.types, elements, slots, undefined: orders.undefined }
    }
}

impl<'i> Layout<'i> {
    /// Scans everything live, in link order, unless `uses` say what there is to find.
    pub(super) fn scan(
        &mut self,
        options: &Options,
        resolution: &mut Resolution<'i>,
        live: &mut LiveSet,
        uses: Option<Used>,
        allowed: &HashSet<&str>,
        diagnostics: &mut Diagnostics,
    ) {
        self.type_indices = vec![super::NONE; resolution.names.signature_limit()];
        if let Some(uses) = uses.filter(|uses| uses.are_all(options, resolution)) {
            uses.types.into_iter().for_each(|signature| self.register_type(signature));
            (self.elements, self.slots) = (uses.elements, uses.slots);
            return;
        }
        let pieces = look::pieces(options, resolution);
        let found = {
            let look = Look::new(options, resolution, live);
            par::map(pieces.len(), |i| look.at(&pieces[i]))
        };
        let mut stubs = HashMap::new();
        for (piece, found) in pieces.iter().zip(found) {
            let file = piece.file;
            for found in found {
                match found {
                    Found::Type(ty) => {
                        let member = resolution.files[file].member;
                        self.register_type(resolution.names.types[member][ty as usize]);
                    }
                    Found::Slot(symbol) => self.add_slot(resolution, file, symbol),
                    Found::Got(symbol) => self.add_got(options, resolution, live, file, symbol, diagnostics),
                    Found::GotImport(symbol) => {
                        if let Some(at) = resolution.target(file, symbol) {
                            self.import_got_entry(options, resolution, at);
                        }
                    }
                    Found::Absolute(relocation) => {
                        let problem = "cannot be used against symbol `{}`; recompile with -fPIC";
                        report_relocation(options, resolution, file, relocation, problem, diagnostics);
                    }
                    Found::RelativeUndefined(relocation) => {
                        let problem = "is not supported against an undefined symbol `{}`";
                        report_relocation(options, resolution, file, relocation, problem, diagnostics);
                    }
                    // An object may leave anything undefined.
                    Found::Undefined(_) if options.relocatable => {}
                    Found::Undefined(symbol) => {
                        self.report_undefined(options, resolution, live, allowed, &mut stubs, file, symbol, diagnostics)
                    }
                    Found::BadTls(relocation) => report_tls(options, resolution, file, relocation, diagnostics),
                }
            }
        }
    }

    /// Gives a function a table slot, unless it has one or is a stub, whose address is null.
    fn add_slot(&mut self, resolution: &Resolution, file: FileIdx, symbol: u32) {
        let target = resolution.target(file, symbol);
        if target.is_some_and(|target| resolution.symbols[target].is(bits::STUB)) {
            return;
        }
        let element = match (resolution.definition(file, symbol), target) {
            (Definition::Function(function), _) => Callee::Defined(function),
            (_, Some(target)) => Callee::Imported(target),
            _ => return,
        };
        if self.slots.get(element).is_none() {
            self.add_element(element);
        }
    }

    /// Gives a function the next table slot.
    fn add_element(&mut self, element: Callee) {
        self.slots.insert(element, self.elements.len() as u32);
        self.elements.push(element);
    }

    fn add_got(
        &mut self,
        options: &Options,
        resolution: &mut Resolution<'i>,
        live: &mut LiveSet,
        file: FileIdx,
        symbol: u32,
        diagnostics: &mut Diagnostics,
    ) {
        let entry = resolution.target(file, symbol).map_or(GotEntry::Local(file, symbol), GotEntry::Global);
        if self.got_indices.contains_key(&entry) {
            return;
        }
        self.got_indices.insert(entry, self.got.len() as u32);
        self.got.push(entry);
        if resolution.kind(file, symbol) == SymbolKind::Function {
            if self.indirect_table.is_none() {
                self.resolve_indirect_table(options, resolution, live, true, diagnostics);
                if let Some(at) = self.indirect_table.and_then(|table| table.import) {
                    self.import_late_table(options, resolution, at);
                }
            }
            self.add_slot(resolution, file, symbol);
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn report_undefined(
        &mut self,
        options: &Options,
        resolution: &mut Resolution<'i>,
        live: &mut LiveSet,
        allowed: &HashSet<&str>,
        stubs: &mut HashMap<SignatureIdx, InputFunctionIdx>,
        file: FileIdx,
        symbol: u32,
        diagnostics: &mut Diagnostics,
    ) {
        let object = &resolution.files[file].object;
        let entry = &object.symbols[symbol as usize];
        let (name, is_function) = (object.text(entry.name), entry.kind == SymbolKind::Function);
        let target = resolution.target(file, symbol);
        let imported = target.is_some_and(|target| resolution.is_imported(target));
        if imported || (is_function && options.import_undefined) || allowed.contains(name) {
            return;
        }
        let text = target.map_or_else(|| name.to_string(), |target| resolution.text(options, target));
        let message = format!("{}: undefined symbol: {text}", resolution.files[file].object.name);
        let place = Place { member: resolution.files[file].member.0, symbol };
        let subject = Subject::Undefined(name.to_owned(), place);
        match options.unresolved {
            Unresolved::Report => diagnostics.push(Diagnostic::error(Kind::Symbol, message).about(subject)),
            Unresolved::Warn => diagnostics.push(Diagnostic::warning(Kind::Symbol, message).about(subject)),
            Unresolved::Ignore | Unresolved::ImportDynamic => {}
        }
        let Some(target) = target else { return };
        if !is_function || options.unresolved == Unresolved::ImportDynamic || options.import_undefined {
            return;
        }
        if let Some(signature) = resolution.signatures[target].get()
            && !self.undefined_stubs.contains_key(&target)
        {
            // One trapping function of each signature serves all.
            let stub = *stubs.entry(signature).or_insert_with(|| {
                resolution.add_function(LinkerFunction {
                    role: Role::Unreachable,
                    name: "undefined_stub".into(),
                    symbol_name: "undefined_stub".into(),
                    export_name: None,
                    signature,
                })
            });
            live.keep_function(stub);
            self.undefined_stubs.insert(target, stub);
            resolution.symbols[target].bits |= bits::STUB;
        }
    }

    /// Gives a function type the next index, unless it has one.
    pub(super) fn register_type(&mut self, signature: SignatureIdx) {
        if signature.index() >= self.type_indices.len() {
            self.type_indices.resize(signature.index() + 1, super::NONE);
        }
        let index = &mut self.type_indices[signature.index()];
        if *index == super::NONE {
            *index = self.types.len() as u32;
            self.types.push(signature);
        }
    }
}
