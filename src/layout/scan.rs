//! One look at every relocation of everything live: which functions need table slots, which symbols GOT entries, which
//! types are named, what is undefined.
//!
//! Looking runs in parallel over pieces of about equal size. What each piece saw first is then taken up piece after
//! piece: slots and types are numbered in the order in which a serial scan would meet them.

use super::dynamic::{is_relative, look_at_dynamic, report_relocation};
use super::slots::Slots;
use super::{Callee, GotEntry, Layout};
use crate::diagnostic::{Diagnostic, Diagnostics, Kind, Place, Subject};
use crate::index::*;
use crate::liveness::{FirstUses, LiveSet, UseOrders};
use crate::object::linking::SEGMENT_TLS;
use crate::object::relocations::{Relocation, Target};
use crate::object::{SymbolFlags, SymbolKind};
use crate::options::{Options, Unresolved};
use crate::par::{self, Bits};
use crate::resolve::symbol::{State, bits};
use crate::resolve::{Definition, LinkerFunction, Resolution, Role};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Functions, segments or custom sections of one object.
#[derive(Clone)]
enum Piece {
    Functions(FileIdx, Range<usize>),
    Segments(FileIdx, Range<usize>),
    Customs(FileIdx),
}

/// Something that a piece met.
#[derive(Clone, Copy)]
pub(super) enum Found {
    Type(u32),
    Slot(u32),
    Got(u32),
    GotImport(u32),
    /// A fixed address in position-independent code.
    Absolute(Relocation),
    /// An offset from the module's own data or table to something that it lacks.
    RelativeUndefined(Relocation),
    Undefined(u32),
    BadTls(Relocation),
}

/// What marking has seen: all that a scan would find, as a rule.
pub(super) struct Used {
    /// Types, in order of first use.
    types: Vec<SignatureIdx>,
    /// Functions with table slots, in the order of these.
    elements: Vec<Callee>,
    slots: Slots,
}

impl From<UseOrders> for Used {
    fn from(orders: UseOrders) -> Self {
        let slots = Slots::of_defined(&orders.slots);
        Self { types: orders.types, elements: orders.slots.into_iter().map(Callee::Defined).collect(), slots }
    }
}

/// Relocation bytes that one piece holds, about.
const PIECE_WEIGHT: usize = 1 << 16;

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
        if let Some(uses) = uses.filter(|_| finds_only_uses(options, resolution, live)) {
            uses.types.into_iter().for_each(|signature| self.register_type(signature));
            (self.elements, self.slots) = (uses.elements, uses.slots);
            return;
        }
        let pieces = pieces(options, resolution);
        let found = {
            let (resolution, live) = (&*resolution, &*live);
            let undefined = undefined_symbols(resolution);
            par::map(pieces.len(), |i| look(options, resolution, live, &undefined, &pieces[i]))
        };
        let mut stubs = HashMap::new();
        for (piece, found) in pieces.iter().zip(found) {
            let file = match piece {
                Piece::Functions(file, _) | Piece::Segments(file, _) | Piece::Customs(file) => *file,
            };
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
        if let Some(signature) = resolution.signatures[target]
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

/// Whether a scan finds nothing but what marking has seen: nothing is undefined that must not be.
fn finds_only_uses(options: &Options, resolution: &Resolution, live: &LiveSet) -> bool {
    let is_fine = |at: SymbolIdx| {
        let symbol = &resolution.symbols[at];
        symbol.state != State::Undefined || symbol.flags.is_weak() || resolution.is_imported(at)
    };
    let are_fine = |uses: &FirstUses| uses.undefined().into_iter().all(is_fine);
    !options.relocatable && !resolution.is_dynamic(options) && live.first_uses().is_some_and(are_fine)
}

fn pieces(options: &Options, resolution: &Resolution) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (file, content) in resolution.files.iter_enumerated() {
        let contents = &content.contents;
        let bodies = contents.bodies.iter().map(|body| (body.relocations_end - body.relocations) as usize + 8);
        let ranges = par::balanced_ranges(bodies, PIECE_WEIGHT);
        pieces.extend(ranges.into_iter().map(|range| Piece::Functions(file, range)));
        let segments =
            contents.segments.iter().map(|segment| (segment.relocations_end - segment.relocations) as usize + 8);
        let ranges = par::balanced_ranges(segments, PIECE_WEIGHT);
        pieces.extend(ranges.into_iter().map(|range| Piece::Segments(file, range)));
        // Custom sections keep nothing alive; LLD looks into them only when it collects no garbage.
        if !options.gc_sections {
            pieces.push(Piece::Customs(file));
        }
    }
    pieces
}

/// The undefined symbols among the global ones: few, and asked for at every relocation.
fn undefined_symbols(resolution: &Resolution) -> Bits {
    let mut undefined = Bits::new(resolution.symbols.len());
    for (index, symbol) in resolution.symbols.iter_enumerated() {
        if symbol.state == State::Undefined {
            undefined.insert(index.index());
        }
    }
    undefined
}

fn look(options: &Options, resolution: &Resolution, live: &LiveSet, undefined: &Bits, piece: &Piece) -> Vec<Found> {
    match resolution.is_dynamic(options) && !options.relocatable {
        true => look_with(resolution, live, piece, |file, relocation, seen, found| {
            look_at_dynamic(options, resolution, file, relocation, seen, found)
        }),
        false => look_with(resolution, live, piece, |file, relocation, seen, found| {
            look_at(options, resolution, undefined, file, relocation, seen, found)
        }),
    }
}

fn look_with(
    resolution: &Resolution,
    live: &LiveSet,
    piece: &Piece,
    look_at: impl Fn(FileIdx, Relocation, &mut Seen, &mut Vec<Found>),
) -> Vec<Found> {
    let mut found = Vec::new();
    match piece {
        Piece::Functions(file, range) => {
            let contents = &resolution.files[*file].contents;
            let mut seen = Seen::default();
            for local in range.clone() {
                if live.function(resolution.functions.get(*file, local as u32)) {
                    for relocation in contents.body_relocations(&contents.bodies.at(local)) {
                        look_at(*file, relocation, &mut seen, &mut found);
                    }
                }
            }
        }
        Piece::Segments(file, range) => {
            let contents = &resolution.files[*file].contents;
            let mut seen = Seen::default();
            for local in range.clone() {
                if live.segment(resolution.segments.get(*file, local as u32)) {
                    for relocation in contents.segment_relocations(&contents.segments.at(local)) {
                        look_at(*file, relocation, &mut seen, &mut found);
                    }
                }
            }
        }
        Piece::Customs(file) => {
            let content = &resolution.files[*file];
            let mut seen = Seen::default();
            for custom in &content.contents.customs {
                if content.keeps(content.object.section_comdats.get(custom.section as usize)) {
                    for relocation in custom.relocations {
                        look_at(*file, relocation, &mut seen, &mut found);
                    }
                }
            }
        }
    }
    found
}

/// What a piece has already met.
#[derive(Default)]
pub(super) struct Seen {
    types: Bits,
    slots: Bits,
    pub(super) gots: Bits,
}

#[inline]
fn look_at(
    options: &Options,
    resolution: &Resolution,
    undefined: &Bits,
    file: FileIdx,
    relocation: Relocation,
    seen: &mut Seen,
    found: &mut Vec<Found>,
) {
    look_at_target(options, resolution, file, relocation, seen, found);
    let (target, index) = (relocation.kind.target(), relocation.index);
    if target == Target::TypeIndex {
        return;
    }
    // Most relocations have a definition; only the rest need the symbol itself.
    match resolution.target(file, index) {
        Some(symbol) if undefined.contains(symbol.index()) => {
            if is_relative(target) && !options.relocatable {
                found.push(Found::RelativeUndefined(relocation));
            }
            if !resolution.symbols[symbol].flags.is_weak() {
                found.push(Found::Undefined(index));
            }
        }
        None if resolution.files[file].object.symbols[index as usize].flags.is_undefined() => {
            found.push(Found::Undefined(index));
        }
        _ => {}
    }
}

/// Looks at what a relocation needs of a target, whether that is defined or not.
#[inline]
pub(super) fn look_at_target(
    options: &Options,
    resolution: &Resolution,
    file: FileIdx,
    relocation: Relocation,
    seen: &mut Seen,
    found: &mut Vec<Found>,
) {
    let index = relocation.index;
    match relocation.kind.target() {
        Target::TypeIndex if seen.types.insert(index as usize) => found.push(Found::Type(index)),
        Target::TableSlot | Target::TableSlotRelative if seen.slots.insert(index as usize) => {
            found.push(Found::Slot(index));
        }
        Target::GlobalIndex
            if resolution.kind(file, index) != SymbolKind::Global && seen.gots.insert(index as usize) =>
        {
            found.push(Found::Got(index));
        }
        Target::AddressTls if !tls_problems(options, resolution, file, index).is_empty() => {
            found.push(Found::BadTls(relocation));
        }
        _ => {}
    }
}

/// Why a symbol cannot be referred to relative to `__tls_base`.
enum TlsProblem {
    Undefined,
    NotTls,
    /// In an output segment of this name.
    NotInTlsSection(String),
}

/// What is wrong with referring to a symbol relative to `__tls_base`; usually nothing, at most two things.
fn tls_problems(options: &Options, resolution: &Resolution, file: FileIdx, symbol: u32) -> Vec<TlsProblem> {
    let definition = resolution.definition(file, symbol);
    let mut problems = Vec::new();
    if definition == Definition::Undefined {
        problems.push(TlsProblem::Undefined);
    }
    // Without threads, thread-local data is plain data.
    if !options.shared_memory {
        return problems;
    }
    let flags = match resolution.target(file, symbol) {
        Some(target) => resolution.symbols[target].flags,
        None => resolution.files[file].object.symbols[symbol as usize].flags,
    };
    let segment = match definition {
        Definition::Data { segment, .. } => resolution.segments.locate(segment),
        _ => None,
    };
    let segment = segment.map(|(file, local)| (&*resolution.files[file].object, local as usize));
    let segment = segment.map(|(object, local)| (object, object.info_of_segment(local)));
    let in_tls_segment = segment.is_some_and(|(_, info)| info.flags & SEGMENT_TLS != 0);
    if !flags.has(SymbolFlags::TLS) && !in_tls_segment {
        problems.push(TlsProblem::NotTls);
    }
    if let Some((object, info)) = segment.filter(|_| !in_tls_segment) {
        problems.push(TlsProblem::NotInTlsSection(super::members::output_name(options, object, info).into()));
    }
    problems
}

fn report_tls(
    options: &Options,
    resolution: &Resolution,
    file: FileIdx,
    relocation: Relocation,
    diagnostics: &mut Diagnostics,
) {
    let object = &resolution.files[file].object;
    let name =
        crate::resolve::display_name(object.text(object.symbols[relocation.index as usize].name), options.demangle);
    for problem in tls_problems(options, resolution, file, relocation.index) {
        let problem = match problem {
            TlsProblem::Undefined => format!("an undefined symbol `{name}`"),
            TlsProblem::NotTls => format!("non-TLS symbol `{name}`"),
            TlsProblem::NotInTlsSection(section) => format!("`{name}` in non-TLS section: {section}"),
        };
        let message = format!("{}: relocation {:?} cannot be used against {problem}", object.name, relocation.kind);
        diagnostics.error(Kind::Symbol, message);
    }
}
