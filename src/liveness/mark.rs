//! Marks what the roots reach.

use super::LiveSet;
use super::uses::{FirstUses, Place};
use crate::index::*;
use crate::object::linking::SEGMENT_RETAIN;
use crate::object::relocations::Target;
use crate::object::{SymbolFlags, SymbolKind};
use crate::options::Options;
use crate::par::{self, AtomicBits};
use crate::resolve::{Definition, File, LOCAL, Resolution, bits};
use rayon::prelude::*;

/// Relocations of a function or, as `is_data` says, of a segment that is live: their range in the bytes of the object's.
#[derive(Clone, Copy)]
struct Lead {
    file: FileIdx,
    is_data: bool,
    start: u32,
    end: u32,
}

/// A thing whose relocations lead on.
#[derive(Clone, Copy)]
enum Unit {
    Function(FileIdx, u32),
    Segment(FileIdx, u32),
}

/// What a reference to the table slot of a function asks for.
#[derive(PartialEq, Eq)]
enum Slot {
    Needed,
    Null,
}

struct Marker<'a, 'i> {
    resolution: &'a Resolution<'i>,
    shortcuts: IndexVec<FileIdx, Vec<Shortcut>>,
    functions: AtomicBits,
    segments: AtomicBits,
    globals: AtomicBits,
    tags: AtomicBits,
    tables: AtomicBits,
    symbols: AtomicBits,
    files: AtomicBits,
    uses: FirstUses,
}

/// Marks every function, segment, global, tag and table that a root reaches.
///
/// Roots: the entry, exported and no-strip symbols, `__wasm_call_dtors`, and the init functions and retained segments
/// of live objects; an object is live if it was named on the command line or something in it is. With
/// `--no-gc-sections` everything is, even discarded copies of comdat groups: wasm-ld leaves them in.
pub fn mark(options: &Options, resolution: &Resolution) -> LiveSet {
    if !options.gc_sections {
        return everything(resolution);
    }
    let marker = Marker {
        functions: AtomicBits::new(resolution.function_count()),
        segments: AtomicBits::new(resolution.segments.total()),
        globals: AtomicBits::new(resolution.globals.total() + resolution.linker_globals.len()),
        tags: AtomicBits::new(resolution.tags.total()),
        tables: AtomicBits::new(resolution.tables.total()),
        symbols: AtomicBits::new(resolution.symbols.len()),
        files: AtomicBits::new(resolution.files.len()),
        shortcuts: shortcuts(resolution),
        uses: first_uses(resolution),
        resolution,
    };
    let roots = marker.roots(options);
    par::worklist(roots, |lead, push| marker.follow(lead, push));
    marker.mark_call_ctors(options);
    LiveSet {
        functions: marker.functions.freeze(),
        segments: marker.segments.freeze(),
        globals: marker.globals.freeze(),
        tags: marker.tags.freeze(),
        tables: marker.tables.freeze(),
        symbols: marker.symbols.freeze(),
        uses: Some(marker.uses),
    }
}

/// What a symbol of a file with MIR leads to, if that is a function or segment of the file and the symbol is its own. Such
/// a file may be all there is, with a symbol for everything: they are looked up in four bytes each.
#[derive(Clone, Copy)]
struct Shortcut(u32);

impl Shortcut {
    const NONE: Self = Self(u32::MAX);
    const SEGMENT: u32 = 1;

    fn new(resolution: &Resolution, file: FileIdx, symbol: u32) -> Self {
        if resolution.target(file, symbol).is_some() {
            return Self::NONE;
        }
        let (index, base, bit) = match resolution.local_definition(file, symbol) {
            Definition::Function(function) => (function.index(), resolution.functions.range(file).start, 0),
            Definition::Data { segment, .. } => (segment.index(), resolution.segments.range(file).start, Self::SEGMENT),
            _ => return Self::NONE,
        };
        u32::try_from(2 * (index - base) as u64).map_or(Self::NONE, |local| Self(local | bit))
    }
    #[inline]
    fn unit(self, file: FileIdx) -> Option<Unit> {
        match self.0 {
            u32::MAX => None,
            both if both & Self::SEGMENT != 0 => Some(Unit::Segment(file, both >> 1)),
            both => Some(Unit::Function(file, both >> 1)),
        }
    }
}

fn first_uses(resolution: &Resolution) -> FirstUses {
    let sizes = resolution.files.iter().map(|content| content.contents.relocation_bytes());
    FirstUses::new(sizes, resolution.names.signature_limit(), resolution.function_count())
}

fn shortcuts(resolution: &Resolution) -> IndexVec<FileIdx, Vec<Shortcut>> {
    let of_file = |file: FileIdx| -> Vec<Shortcut> {
        let content = &resolution.files[file];
        let symbols = if content.contents.mir.is_some() { content.targets.len() as u32 } else { 0 };
        (0..symbols).into_par_iter().map(|symbol| Shortcut::new(resolution, file, symbol)).collect()
    };
    resolution.files.indices().map(of_file).collect::<Vec<_>>().into()
}

impl Marker<'_, '_> {
    fn roots(&self, options: &Options) -> Vec<Lead> {
        let mut roots = Vec::new();
        let push = &mut |lead| roots.push(lead);
        let resolution = self.resolution;
        if let Some(entry) = resolution.known.entry {
            self.mark_symbol(entry, push);
        }
        let is_kept = |at: SymbolIdx| {
            let symbol = &resolution.symbols[at];
            symbol.flags.has(SymbolFlags::NO_STRIP) || symbol.is(bits::ALWAYS_LIVE)
        };
        let kept = resolution.table_order_where(|at| is_kept(at) || resolution.is_exported(options, at));
        kept.into_iter().for_each(|at| self.mark_symbol(at, push));
        if let Some(dtors) = resolution.known.call_dtors {
            self.mark_symbol(dtors, push);
        }
        for (file, content) in resolution.files.iter_enumerated() {
            if content.live && self.files.insert(file.index()) {
                self.mark_file_roots(file, push);
            }
        }
        roots
    }

    /// Pushes what leads on from a function or segment, if anything does. It is looked up now, while nothing waits for it.
    #[inline]
    fn push_unit(&self, unit: Unit, push: &mut dyn FnMut(Lead)) {
        let (file, is_data, start, end) = match unit {
            Unit::Function(file, local) => {
                let body = self.resolution.files[file].contents.bodies.at(local as usize);
                (file, false, body.relocations, body.relocations_end)
            }
            Unit::Segment(file, local) => {
                let segment = self.resolution.files[file].contents.segments.at(local as usize);
                (file, true, segment.relocations, segment.relocations_end)
            }
        };
        if start < end {
            push(Lead { file, is_data, start, end });
        }
    }

    /// Marks what the relocations of a function or segment lead to.
    fn follow(&self, lead: Lead, push: &mut dyn FnMut(Lead)) {
        let Lead { file, is_data, start, end } = lead;
        let mut place = self.uses.place(file, is_data, start);
        let content = &self.resolution.files[file];
        let types = &self.resolution.names.types[content.member][..];
        let shortcuts = &self.shortcuts[file][..];
        for relocation in content.contents.relocations(is_data, start, end) {
            let (kind, symbol) = (relocation.kind.target(), relocation.index);
            place = place.next();
            match kind {
                Target::FunctionIndex | Target::Address | Target::TableSlot => {}
                Target::TypeIndex => {
                    self.uses.add_type(types[symbol as usize], place);
                    continue;
                }
                kind => self.note_use(kind, file, symbol),
            }
            let target = content.targets[symbol as usize];
            if target == LOCAL {
                let shortcut = shortcuts.get(symbol as usize).and_then(|shortcut| shortcut.unit(file));
                match shortcut.or_else(|| own_unit(file, content, symbol)) {
                    Some(unit) => self.mark_own(unit, kind, place, push),
                    None => match self.resolution.local_definition(file, symbol) {
                        Definition::Undefined => self.uses.add_other(),
                        definition => self.mark_definition(definition, push),
                    },
                }
                continue;
            }
            // The address of a stub is null: taking it does not keep the stub.
            if kind == Target::TableSlot && self.note_slot(target, place) == Slot::Null {
                continue;
            }
            // Most have been met before.
            if !self.symbols.contains(target.index()) {
                self.mark_symbol(target, push);
            }
        }
    }

    /// Marks a function or segment that a file that is live refers to by a symbol of its own.
    #[inline]
    fn mark_own(&self, unit: Unit, kind: Target, place: Place, push: &mut dyn FnMut(Lead)) {
        if kind == Target::TableSlot
            && let Unit::Function(file, local) = unit
        {
            self.uses.add_slot(self.resolution.functions.get(file, local), place);
        }
        self.mark_unit(unit, push);
    }

    /// Notes that the address of a function is taken.
    #[inline]
    fn note_slot(&self, symbol: SymbolIdx, place: Place) -> Slot {
        match self.resolution.definitions[symbol] {
            // Then it is no stub either.
            Definition::Function(function) if self.uses.has_slot_before(function, place) => return Slot::Needed,
            _ if self.resolution.symbols[symbol].is(bits::STUB) => return Slot::Null,
            Definition::Function(function) => self.uses.add_slot(function, place),
            _ => self.uses.add_other(),
        }
        Slot::Needed
    }

    /// Notes what layout has to make for a reference to a symbol, other than a table slot.
    fn note_use(&self, kind: Target, file: FileIdx, symbol: u32) {
        match kind {
            Target::GlobalIndex if self.resolution.kind(file, symbol) == SymbolKind::Global => {}
            Target::GlobalIndex | Target::TableSlotRelative | Target::AddressRelative | Target::AddressTls => {
                self.uses.add_other();
            }
            _ => {}
        }
    }

    /// Marks a function or segment of a file that is live.
    #[inline]
    fn mark_unit(&self, unit: Unit, push: &mut dyn FnMut(Lead)) {
        let resolution = self.resolution;
        let is_new = match unit {
            Unit::Function(file, local) => self.functions.insert(resolution.functions.get(file, local).index()),
            Unit::Segment(file, local) => self.segments.insert(resolution.segments.get(file, local).index()),
        };
        if is_new {
            self.push_unit(unit, push);
        }
    }

    #[inline]
    fn mark_reference(&self, file: FileIdx, symbol: u32, push: &mut dyn FnMut(Lead)) {
        match self.resolution.target(file, symbol) {
            Some(target) => self.mark_symbol(target, push),
            None => self.mark_definition(self.resolution.local_definition(file, symbol), push),
        }
    }

    #[inline]
    fn mark_symbol(&self, symbol: SymbolIdx, push: &mut dyn FnMut(Lead)) {
        if self.symbols.insert(symbol.index()) {
            match self.resolution.definitions[symbol] {
                Definition::Undefined => self.uses.add_undefined(symbol),
                definition => self.mark_definition(definition, push),
            }
        }
    }

    fn mark_definition(&self, definition: Definition, push: &mut dyn FnMut(Lead)) {
        let resolution = self.resolution;
        let file = match definition {
            Definition::Function(function) => {
                if !self.functions.insert(function.index()) {
                    return;
                }
                let Some((file, local)) = resolution.functions.locate(function) else { return };
                self.push_unit(Unit::Function(file, local), push);
                file
            }
            Definition::Data { segment, .. } => {
                if !self.segments.insert(segment.index()) {
                    return;
                }
                let Some((file, local)) = resolution.segments.locate(segment) else { return };
                self.push_unit(Unit::Segment(file, local), push);
                file
            }
            Definition::Global(global) => {
                self.globals.insert(global.index());
                let Some((file, _)) = resolution.globals.locate(global) else { return };
                file
            }
            Definition::Tag(tag) => {
                self.tags.insert(tag.index());
                let Some((file, _)) = resolution.tags.locate(tag) else { return };
                file
            }
            Definition::Table(table) => {
                self.tables.insert(table.index());
                let Some((file, _)) = resolution.tables.locate(table) else { return };
                file
            }
            Definition::Undefined | Definition::Linker(_) | Definition::Absolute(_) | Definition::Section(_) => return,
        };
        if self.files.insert(file.index()) {
            self.mark_file_roots(file, push);
        }
    }

    /// An object that becomes live brings its init functions and retained segments.
    fn mark_file_roots(&self, file: FileIdx, push: &mut dyn FnMut(Lead)) {
        let content = &self.resolution.files[file];
        for init in &content.object.init_functions {
            if !is_discarded(self.resolution, file, init.symbol) {
                self.mark_reference(file, init.symbol, push);
            }
        }
        for (local, info) in content.object.segment_info.iter().take(content.contents.segments.len()).enumerate() {
            let kept = info.flags & SEGMENT_RETAIN != 0;
            if kept && self.segments.insert(self.resolution.segments.get(file, local as u32).index()) {
                self.push_unit(Unit::Segment(file, local as u32), push);
            }
        }
    }

    /// Live init functions need the function that calls them.
    fn mark_call_ctors(&self, options: &Options) {
        let Some(call_ctors) = self.resolution.known.call_ctors else { return };
        let live = |file: FileIdx, symbol: u32| match self.resolution.definition(file, symbol) {
            Definition::Function(function) => self.functions.contains(function.index()),
            _ => self.resolution.target(file, symbol).is_some_and(|symbol| self.symbols.contains(symbol.index())),
        };
        let any = self.resolution.files.iter_enumerated().any(|(file, content)| {
            let inits = &content.object.init_functions;
            inits.iter().any(|init| !is_discarded(self.resolution, file, init.symbol) && live(file, init.symbol))
        });
        // The dynamic linker calls it.
        if any || options.is_pic() {
            self.mark_symbol(call_ctors, &mut |_| {});
        }
    }
}

/// Whether a function symbol stands for a discarded copy of a comdat function.
pub fn is_discarded(resolution: &Resolution, file: FileIdx, symbol: u32) -> bool {
    match resolution.definition(file, symbol) {
        Definition::Function(function) => match resolution.functions.locate(function) {
            Some((file, local)) => {
                let content = &resolution.files[file];
                !content.keeps(content.object.function_comdats.get(local as usize))
            }
            None => false,
        },
        _ => false,
    }
}

/// The function or segment that a local symbol of a file stands for, if it is one.
#[inline]
fn own_unit(file: FileIdx, content: &File, symbol: u32) -> Option<Unit> {
    let entry = &content.object.symbols[symbol as usize];
    match entry.kind {
        _ if entry.flags.is_undefined() => None,
        SymbolKind::Function => {
            let local = entry.index - content.object.function_imports.len() as u32;
            Some(Unit::Function(file, local))
        }
        SymbolKind::Data if (entry.index as usize) < content.contents.segments.len() => {
            Some(Unit::Segment(file, entry.index))
        }
        _ => None,
    }
}

fn everything(resolution: &Resolution) -> LiveSet {
    let functions = AtomicBits::new(resolution.function_count());
    let segments = AtomicBits::new(resolution.segments.total());
    let globals = AtomicBits::new(resolution.globals.total() + resolution.linker_globals.len());
    let tags = AtomicBits::new(resolution.tags.total());
    let tables = AtomicBits::new(resolution.tables.total());
    let symbols = AtomicBits::new(resolution.symbols.len());
    (0..resolution.segments.total()).for_each(|index| _ = segments.insert(index));
    (0..resolution.function_count()).for_each(|index| _ = functions.insert(index));
    (0..resolution.globals.total() + resolution.linker_globals.len()).for_each(|index| _ = globals.insert(index));
    (0..resolution.tags.total()).for_each(|index| _ = tags.insert(index));
    (0..resolution.tables.total()).for_each(|index| _ = tables.insert(index));
    for (index, symbol) in resolution.symbols.iter().enumerate() {
        if symbol.is(bits::USED) || symbol.kind != SymbolKind::Function || symbol.is_defined() {
            symbols.insert(index);
        }
    }
    LiveSet {
        functions: functions.freeze(),
        segments: segments.freeze(),
        globals: globals.freeze(),
        tags: tags.freeze(),
        tables: tables.freeze(),
        symbols: symbols.freeze(),
        uses: None,
    }
}
