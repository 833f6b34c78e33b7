//! Modules that a compiler hands over in memory, as objects.

use super::linking::{SEGMENT_TLS, SegmentInfo};
use super::relocation_check::Targets;
use super::*;
use crate::diagnostic::{Diagnostic, Kind};
use crate::mir::module::{DataKind, Entity, Linkage};
use crate::mir::snapshot::{ModuleUnit, NONE, SegmentSource, Snapshot, Unit};
use rayon::prelude::*;

/// Name of the symbols of unnamed values.
const UNNAMED: &str = "__anon";
/// Module of imports that are ordinary undefined symbols.
const ENV: &str = "env";

impl<'i> Object<'i> {
    /// The object that `snapshot` stands for.
    pub(crate) fn from_module(snapshot: &'i Snapshot) -> Self {
        let declarations = &*snapshot.declarations;
        let mut object = Object {
            name: &snapshot.name,
            types: declarations.types.iter().map(|encoded| Signature(encoded)).collect(),
            is_64: snapshot.is_64,
            has_linking: true,
            is_mir: true,
            segment_count: snapshot.segments.len() as u32,
            ..Object::default()
        };
        let unnamed = snapshot.segments.len() - snapshot.named;
        object.symbols.reserve_exact(snapshot.order.len() + declarations.exports.len() + unnamed);
        let mut indices = object.add_imports(snapshot);
        object.add_definitions(snapshot, &mut indices);
        object.add_symbols(snapshot, &indices);
        object.segment_info = object.segment_infos(snapshot);
        let mut init_functions: Vec<_> = declarations.init_functions.clone();
        init_functions.iter_mut().for_each(|(_, function)| *function = snapshot.symbols[*function as usize]);
        init_functions.sort_unstable();
        object.init_functions =
            init_functions.into_iter().map(|(priority, symbol)| InitFunction { priority, symbol }).collect();
        object
    }

    /// Fills the imported part of the index spaces; returns the index of each declaration that is an import.
    fn add_imports(&mut self, snapshot: &'i Snapshot) -> Vec<u32> {
        let declarations = &*snapshot.declarations;
        let mut indices = vec![NONE; declarations.list.len()];
        for &index in &snapshot.order {
            let declaration = &declarations.list[index as usize];
            let name = || declarations.text(&declaration.name);
            indices[index as usize] = match &declaration.entity {
                Entity::ImportFunc { names, ty, .. } => {
                    let names = self.add_names(names.each_ref().map(|name| declarations.text(name)));
                    push(&mut self.function_imports, TypedImport { names, ty: *ty })
                }
                Entity::Removed { ty: Some(ty) } => {
                    let names = self.add_names([ENV, name()]);
                    push(&mut self.function_imports, TypedImport { names, ty: *ty })
                }
                &Entity::ImportGlobal { value_type, mutable } => {
                    let ty = GlobalType { value_type, mutable };
                    let names = self.add_names([ENV, name()]);
                    push(&mut self.global_imports, GlobalImport { names, ty })
                }
                &Entity::ImportTable { element } => {
                    let ty = TableType { element, flags: 0, minimum: 0, maximum: 0 };
                    let names = self.add_names([ENV, name()]);
                    push(&mut self.table_imports, TableImport { names, ty })
                }
                &Entity::ImportTag { ty } => {
                    let names = self.add_names([ENV, name()]);
                    push(&mut self.tag_imports, TypedImport { names, ty })
                }
                _ => NONE,
            };
        }
        indices
    }

    /// Keeps the names of an import.
    fn add_names(&mut self, names: [&'i str; 2]) -> ImportNames {
        let at = NameAt(self.texts.len() as u32);
        self.texts.extend(names);
        ImportNames(at)
    }

    /// Keeps the name of a symbol.
    fn add_name(&mut self, name: &'i str) -> NameAt {
        NameAt(push(&mut self.texts, name))
    }

    /// Fills the rest of the index spaces, and of the indices of the declarations.
    fn add_definitions(&mut self, snapshot: &Snapshot, indices: &mut [u32]) {
        let declarations = &*snapshot.declarations;
        let (functions, tags) = (self.function_imports.len() as u32, self.tag_imports.len() as u32);
        let mut defined = Vec::with_capacity(snapshot.functions.len());
        for &index in &snapshot.order {
            indices[index as usize] = match declarations.list[index as usize].entity {
                Entity::Func { ty, .. } => functions + push(&mut defined, ty),
                Entity::Tag { ty, .. } => tags + push(&mut self.tags, ty),
                Entity::Data { .. } => snapshot.segment_of[index as usize],
                Entity::Absolute { value, .. } => self.keep_place(value, 0),
                _ => continue,
            };
        }
        self.functions = defined.into();
    }

    /// Symbols of the declarations, of further exports, and of unnamed values.
    fn add_symbols(&mut self, snapshot: &'i Snapshot, indices: &[u32]) {
        let declarations = &*snapshot.declarations;
        let (first, len) = (self.texts.len() as u32, snapshot.order.len());
        self.texts.reserve_exact(len + declarations.exports.len() + snapshot.segments.len() - snapshot.named);
        let tasks = snapshot.order.par_iter().with_min_len(1 << 12);
        self.texts.par_extend(tasks.clone().map(|&index| declarations.text(&declarations.list[index as usize].name)));
        let mut symbols = std::mem::take(&mut self.symbols);
        let symbol = |(at, &index): (usize, &u32)| {
            let entity = &declarations.list[index as usize].entity;
            self.symbol(snapshot, NameAt(first + at as u32), entity, indices[index as usize])
        };
        symbols.par_extend(tasks.enumerate().map(symbol));
        self.symbols = symbols;
        self.keep_large_sizes(snapshot);
        let mut exports: Vec<_> = declarations.exports.iter().collect();
        exports
            .sort_unstable_by_key(|(name, function)| (declarations.text(name), snapshot.symbols[*function as usize]));
        for (name, function) in exports {
            let known = self.symbols[snapshot.symbols[*function as usize] as usize];
            let name = self.add_name(declarations.text(name));
            // What is not there cannot be exported; the name then stands for something undefined.
            let flags = match known.flags.is_undefined() {
                true => known.flags.0 | SymbolFlags::EXPLICIT_NAME | SymbolFlags::EXPORTED,
                false => SymbolFlags::EXPORTED | SymbolFlags::NO_STRIP,
            };
            self.symbols.push(Symbol { name, flags: SymbolFlags(flags), ..known });
        }
        let mut shared = snapshot.shared.iter().peekable();
        for (segment, source) in snapshot.segments.iter().enumerate().skip(snapshot.named) {
            let (_, payload) = snapshot.payload(source);
            // Weak definitions: the first module's counts, what nobody refers to is not kept.
            let (name, flags) = match shared.next_if(|(index, _)| snapshot.named + *index as usize == segment) {
                Some((_, name)) => (&**name, SymbolFlags::WEAK | SymbolFlags::HIDDEN),
                None => (UNNAMED, SymbolFlags::LOCAL),
            };
            let name = self.add_name(name);
            let (place, index) = (self.keep_place(0, payload.size as u32), segment as u32);
            self.symbols.push(Symbol { name, flags: SymbolFlags(flags), index, place, kind: SymbolKind::Data });
        }
    }

    /// Says of data symbols how large they are, if they are so large that [`Self::symbol`] cannot.
    fn keep_large_sizes(&mut self, snapshot: &'i Snapshot) {
        let size = |segment: &SegmentSource| snapshot.payload(segment).1.size as u32;
        let sizes = snapshot.segments[..snapshot.named].iter().map(size).enumerate();
        for (segment, size) in sizes.filter(|&(_, size)| Self::near_place(size).is_none()) {
            let place = self.keep_place(0, size);
            let is_it = |symbol: &&mut Symbol| {
                let is_placed = !symbol.flags.has(SymbolFlags::UNDEFINED | SymbolFlags::ABSOLUTE);
                symbol.kind == SymbolKind::Data && is_placed && symbol.index as usize == segment
            };
            self.symbols.iter_mut().filter(is_it).for_each(|symbol| symbol.place = place);
        }
    }

    /// The symbol of a declaration; `index` is what [`Self::add_imports`] and [`Self::add_definitions`] say of it.
    fn symbol(&self, snapshot: &'i Snapshot, name: NameAt, entity: &Entity, index: u32) -> Symbol {
        let undefined = |weak: bool| SymbolFlags::UNDEFINED | if weak { SymbolFlags::WEAK } else { 0 };
        let (kind, flags, index, place) = match *entity {
            Entity::Func { linkage, .. } => (SymbolKind::Function, binding(linkage), index, 0),
            Entity::ImportFunc { weak, .. } => {
                // Only what comes from elsewhere by another name may stay undefined.
                let known = self.names_of(self.function_imports[index as usize].names);
                let explicit = if known == (ENV, self.text(name)) { 0 } else { SymbolFlags::EXPLICIT_NAME };
                (SymbolKind::Function, undefined(weak) | explicit, index, 0)
            }
            Entity::Removed { ty: Some(_) } => (SymbolKind::Function, undefined(false), index, 0),
            Entity::Data { kind, linkage } => {
                let (_, payload) = snapshot.payload(&snapshot.segments[index as usize]);
                let tls = if kind == DataKind::ThreadLocal { SymbolFlags::TLS } else { 0 };
                (SymbolKind::Data, binding(linkage) | tls, index, Self::near_place(payload.size as u32).unwrap_or(0))
            }
            Entity::ImportData { weak } => (SymbolKind::Data, undefined(weak), 0, 0),
            Entity::Removed { ty: None } => (SymbolKind::Data, undefined(false), 0, 0),
            Entity::Absolute { linkage, .. } => {
                let flags = SymbolFlags(binding(linkage) | SymbolFlags::ABSOLUTE);
                // Its index is no segment's, or else it would count from there.
                return Symbol { name, flags, index: NONE, place: index, kind: SymbolKind::Data };
            }
            Entity::ImportGlobal { .. } => (SymbolKind::Global, undefined(false), index, 0),
            Entity::ImportTag { .. } => (SymbolKind::Tag, undefined(false), index, 0),
            Entity::ImportTable { .. } => (SymbolKind::Table, undefined(false), index, 0),
            Entity::Tag { linkage, .. } => (SymbolKind::Tag, binding(linkage), index, 0),
        };
        Symbol { name, flags: SymbolFlags(flags), index, place, kind }
    }
}

fn push<T>(list: &mut Vec<T>, item: T) -> u32 {
    list.push(item);
    list.len() as u32 - 1
}

fn binding(linkage: Linkage) -> u16 {
    match linkage {
        Linkage::Local => SymbolFlags::LOCAL,
        Linkage::Global => SymbolFlags::HIDDEN,
        Linkage::Weak => SymbolFlags::WEAK | SymbolFlags::HIDDEN,
        Linkage::Export => SymbolFlags::EXPORTED | SymbolFlags::NO_STRIP,
    }
}

/// Names of segments, by category. Their places in this list follow the names of imports and symbols.
const SEGMENT_NAMES: [&str; 5] = [".tdata", ".tbss", ".rodata", ".data", ".bss"];

impl Object<'_> {
    /// What there is to say of the segments; `texts` has no further names behind those that this adds.
    fn segment_infos(&mut self, snapshot: &Snapshot) -> Box<[SegmentInfo]> {
        let first = self.texts.len() as u32;
        self.texts.extend(SEGMENT_NAMES);
        let info = |segment: &SegmentSource| {
            let (_, payload) = snapshot.payload(segment);
            let (name, flags) = segment_kind(snapshot, segment);
            SegmentInfo { name: NameAt(first + name), alignment: payload.alignment as u8, flags }
        };
        snapshot.segments.par_iter().map(info).collect()
    }
}

/// Index into [`SEGMENT_NAMES`], and flags, of a segment.
fn segment_kind(snapshot: &Snapshot, segment: &SegmentSource) -> (u32, u32) {
    let (_, payload) = snapshot.payload(segment);
    let kind = match segment.declaration {
        NONE => DataKind::Const,
        index => match snapshot.declarations.list[index as usize].entity {
            Entity::Data { kind, .. } => kind,
            _ => DataKind::Mutable,
        },
    };
    match (kind, payload.start) {
        (DataKind::ThreadLocal, Some(_)) => (0, SEGMENT_TLS),
        (DataKind::ThreadLocal, None) => (1, SEGMENT_TLS),
        (DataKind::Const, Some(_)) => (2, 0),
        (DataKind::Mutable, Some(_)) => (3, 0),
        (_, None) => (4, 0),
    }
}

impl<'i> Contents<'i> {
    /// The functions and data of the module that `object` stands for.
    ///
    /// # Errors
    /// The first function whose MIR is not what it should be.
    pub(crate) fn from_module(object: &Object<'i>, snapshot: &'i Snapshot) -> Result<Self, Diagnostic> {
        let mut targets = Targets::new(object);
        let features = Features::used(snapshot.declarations.features());
        let data_relocations = (&snapshot.relocations[..]).into();
        let mut contents = Self { data_relocations, features, ..Self::default() };
        contents.segments = Segments::apart(snapshot.segments.len());
        for segment in &snapshot.segments {
            let (buffer, payload) = snapshot.payload(segment);
            let data = buffer.bytes(payload).unwrap_or_else(|| &snapshot.zeros[..payload.size as usize]);
            contents.segments.push_piece(data, segment.relocations.end);
        }
        contents.check_fixups(object, snapshot, &targets)?;
        contents.read_functions(object, Unit::Module(ModuleUnit(snapshot)), &mut targets)?;
        contents.called = targets.called();
        contents.function_symbols = object.first_function_symbols();
        Ok(contents)
    }

    fn check_fixups(
        &self,
        object: &Object<'i>,
        snapshot: &Snapshot,
        targets: &Targets<'_, '_>,
    ) -> Result<(), Diagnostic> {
        for (segment, source) in self.segments.iter().zip(&snapshot.segments) {
            for relocation in self.segment_relocations(&segment) {
                if !targets.fits(relocation.kind, relocation.index) {
                    let (name, offset) = (snapshot.name_of(source), relocation.offset);
                    let problem = "points at a symbol that does not exist or is of another kind";
                    let message = format!("{}: byte {offset} of {name} {problem}", object.name);
                    return Err(Diagnostic::error(Kind::Input, message));
                }
            }
        }
        Ok(())
    }
}
