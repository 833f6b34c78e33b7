//! Which symbols are imported, and their indices.

use super::{IndirectTable, Layout};
use crate::diagnostic::{Diagnostics, Kind};
use crate::index::*;
use crate::linker_defined::{self as linker, DEFAULT_MODULE, INDIRECT_FUNCTION_TABLE};
use crate::liveness::LiveSet;
use crate::object::{GlobalType, SymbolFlags, SymbolKind, TableType};
use crate::options::{Options, Unresolved};
use crate::resolve::symbol::{State, Symbol, bits};
use crate::resolve::{Definition, Resolution};
use std::collections::{HashMap, HashSet};

/// An import other than memory.
#[derive(Clone, Copy, Debug)]
pub enum Import {
    /// A function.
    Function {
        /// Its symbol.
        symbol: SymbolIdx,
        /// Its type.
        signature: SignatureIdx,
    },
    /// A global.
    Global {
        /// Its symbol.
        symbol: SymbolIdx,
        /// Its type.
        ty: GlobalType,
    },
    /// A tag.
    Tag {
        /// Its symbol.
        symbol: SymbolIdx,
        /// Its type.
        signature: SignatureIdx,
    },
    /// A table.
    Table {
        /// Its symbol.
        symbol: SymbolIdx,
        /// Its type; that of the table of address-taken functions is [`IndirectTable`]'s.
        ty: TableType,
    },
}

impl Import {
    /// The imported symbol.
    pub fn symbol(&self) -> SymbolIdx {
        match *self {
            Self::Function { symbol, .. }
            | Self::Global { symbol, .. }
            | Self::Tag { symbol, .. }
            | Self::Table { symbol, .. } => symbol,
        }
    }
}

/// The names that may stay undefined.
pub(super) fn allowed_undefined<'n>(options: &Options, names: &'n [String]) -> HashSet<&'n str> {
    let bases = [linker::STACK_POINTER, linker::MEMORY_BASE, linker::TABLE_BASE];
    let bases = bases.into_iter().filter(|_| options.is_pic());
    names.iter().map(String::as_str).chain(bases).collect()
}

impl<'i> Resolution<'i> {
    /// Module and field that an undefined symbol is imported as.
    pub fn import_names(&self, at: SymbolIdx) -> (&'i str, &'i str) {
        let symbol = &self.symbols[at];
        if symbol.kind == SymbolKind::Table && self.name(at) == INDIRECT_FUNCTION_TABLE {
            return (DEFAULT_MODULE, INDIRECT_FUNCTION_TABLE);
        }
        if symbol.is_found() {
            return (DEFAULT_MODULE, self.name(at));
        }
        let (member, index) = self.import_of(at);
        let Some(file) = self.file_of.get(member).copied().flatten() else {
            return (DEFAULT_MODULE, self.name(at));
        };
        let object = &self.files[file].object;
        let entry = &object.symbols[index as usize];
        let module = object.import_module(entry).unwrap_or(DEFAULT_MODULE);
        (module, object.import_name(entry).unwrap_or_else(|| self.name(at)))
    }

    /// Whether the inputs say that an undefined symbol is imported.
    pub fn is_imported(&self, at: SymbolIdx) -> bool {
        let symbol = &self.symbols[at];
        if symbol.state != State::Undefined {
            return false;
        }
        let (member, index) = self.import_of(at);
        let explicit = || {
            let object = &self.files[self.file_of.get(member).copied().flatten()?].object;
            object.import_name(object.symbols.get(index as usize)?)
        };
        symbol.is(bits::FORCE_IMPORT) || explicit().is_some()
    }

    /// The object and symbol table entry that an undefined symbol was first met in.
    fn first_reference(&self, symbol: &Symbol) -> Option<(&crate::object::Object<'i>, &crate::object::Symbol)> {
        let file = self.file_of.get(symbol.member).copied().flatten()?;
        let object = &self.files[file].object;
        Some((object, object.symbols.get(symbol.symbol as usize)?))
    }
}

impl<'i> Layout<'i> {
    fn should_import(
        &self,
        options: &Options,
        resolution: &Resolution,
        live: &LiveSet,
        allowed: &HashSet<&str>,
        at: SymbolIdx,
    ) -> bool {
        let symbol = &resolution.symbols[at];
        // Most symbols are defined.
        if symbol.is_defined() && !options.shared {
            return false;
        }
        if symbol.kind == SymbolKind::Data || !symbol.is(bits::USED) || !live.symbol(resolution, at) {
            return false;
        }
        match symbol.state {
            State::Shared => return true,
            // Another module's definition may come first.
            State::Defined => {
                return options.shared && symbol.flags.is_weak() && !symbol.flags.has(SymbolFlags::HIDDEN);
            }
            State::Lazy => return false,
            State::Undefined if options.is_pic() => {
                // Addresses come from the GOT.
                return symbol.kind != SymbolKind::Function || symbol.is(bits::CALLED);
            }
            State::Undefined if symbol.flags.is_weak() && !options.relocatable => return false,
            State::Undefined => {}
        }
        options.relocatable
            || options.import_undefined
            || options.unresolved == Unresolved::ImportDynamic
            || allowed.contains(resolution.name(at))
            || resolution.is_imported(at)
    }

    /// Numbers imports in symbol order, the table of address-taken functions first.
    pub(super) fn assign_imports(
        &mut self,
        options: &Options,
        resolution: &Resolution<'i>,
        live: &LiveSet,
        allowed: &HashSet<&str>,
    ) {
        let mut seen = HashMap::new();
        let table = self.indirect_table.and_then(|table| table.import);
        let should_import = |at| self.should_import(options, resolution, live, allowed, at);
        let others = resolution.table_order_where(|at| Some(at) != table && should_import(at));
        let table = table.filter(|&table| self.import_index(table).is_none());
        for at in table.into_iter().chain(others) {
            self.add_import(options, resolution, at, &mut seen);
        }
    }

    /// References of one type to one module and field share an import.
    fn add_import<'r>(
        &mut self,
        options: &Options,
        resolution: &'r Resolution<'i>,
        at: SymbolIdx,
        seen: &mut HashMap<(SymbolKind, u64, &'r str, &'r str), u32>,
    ) {
        let symbol = &resolution.symbols[at];
        let (module, field) = resolution.import_names(at);
        let reference = resolution.first_reference(symbol);
        let signature = resolution.signatures[at].get();
        let (import, ty, count) = match symbol.kind {
            SymbolKind::Function | SymbolKind::Tag => {
                let Some(signature) = signature else { return };
                match symbol.kind {
                    SymbolKind::Tag => {
                        (Import::Tag { symbol: at, signature }, signature.0 as u64, &mut self.imported_tags)
                    }
                    _ => (Import::Function { symbol: at, signature }, signature.0 as u64, &mut self.imported_functions),
                }
            }
            SymbolKind::Global => {
                let ty = match reference {
                    Some((object, entry)) => object.global_type(entry),
                    None => crate::resolve::linker_global_type(options, resolution.name(at)),
                };
                let key = ty.value_type as u64 | (ty.mutable as u64) << 8;
                (Import::Global { symbol: at, ty }, key, &mut self.imported_globals)
            }
            SymbolKind::Table => {
                let funcref = TableType { element: 0x70, flags: 0, minimum: 0, maximum: 0 };
                let typed = reference.filter(|(_, entry)| entry.kind == SymbolKind::Table);
                let ty = typed.map_or(funcref, |(object, entry)| object.table_type(entry));
                (Import::Table { symbol: at, ty }, ty.element as u64, &mut self.imported_tables)
            }
            SymbolKind::Data | SymbolKind::Section => return,
        };
        let next = *count;
        let index = *seen.entry((symbol.kind, ty, module, field)).or_insert(next);
        if index == next {
            *count += 1;
            self.imports.push(import);
        }
        self.import_indices.insert(at, index);
    }

    /// Decides whether there is a table of address-taken functions, and whether it is imported. It is if the inputs
    /// use it, if the options export it, or if something is `required` to have a slot.
    pub(super) fn resolve_indirect_table(
        &mut self,
        options: &Options,
        resolution: &mut Resolution<'i>,
        live: &mut LiveSet,
        required: bool,
        diagnostics: &mut Diagnostics,
    ) {
        let existing = resolution.find(INDIRECT_FUNCTION_TABLE);
        if let Some(at) = existing {
            let symbol = &resolution.symbols[at];
            let problem = match symbol {
                symbol if symbol.kind != SymbolKind::Table => "must be of type table",
                symbol if symbol.is_defined() => "must not be defined in input files",
                _ => "",
            };
            if !problem.is_empty() {
                let message = format!("reserved symbol {problem}: `{INDIRECT_FUNCTION_TABLE}`");
                diagnostics.error(Kind::Symbol, message);
                return;
            }
        }
        let is_live = existing.is_some_and(|at| live.symbol(resolution, at));
        let table = |import, defined| IndirectTable { import, defined, minimum: 0, growable: options.growable_table };
        if options.import_table {
            if existing.is_none() && !required {
                return;
            }
            let at = existing.unwrap_or_else(|| resolution.add_symbol(INDIRECT_FUNCTION_TABLE));
            let symbol = &mut resolution.symbols[at];
            symbol.kind = SymbolKind::Table;
            symbol.bits |= bits::USED | bits::FORCE_IMPORT;
            // An import that nothing uses is dropped like any other.
            if required {
                live.keep_symbol(at);
            }
            if live.symbol(resolution, at) {
                self.indirect_table = Some(table(Some(at), None));
            }
        } else if is_live || options.export_table || required {
            let at = existing.unwrap_or_else(|| resolution.add_symbol(INDIRECT_FUNCTION_TABLE));
            let index = InputTableIdx::new(resolution.tables.total());
            live.keep_table(index);
            live.keep_symbol(at);
            resolution.definitions[at] = Definition::Table(index);
            let symbol = &mut resolution.symbols[at];
            (symbol.state, symbol.kind) = (State::Defined, SymbolKind::Table);
            symbol.flags = SymbolFlags(if options.export_table { 0 } else { SymbolFlags::HIDDEN });
            if options.export_table {
                symbol.bits |= bits::FORCE_EXPORT;
            }
            self.indirect_table = Some(table(None, Some(index)));
        }
    }

    /// A table that only now turns out to be needed, under `--import-table`: imported behind the others.
    pub(super) fn import_late_table(&mut self, options: &Options, resolution: &Resolution<'i>, at: SymbolIdx) {
        if self.import_index(at).is_none() {
            self.add_import(options, resolution, at, &mut HashMap::new());
        }
    }

    /// The table has room for all slots; a table of our own has exactly that much, unless it may grow.
    pub(super) fn size_indirect_table(&mut self, options: &Options) {
        if let Some(table) = &mut self.indirect_table {
            table.minimum = self.table_base + self.elements.len() as u64;
            table.growable = options.growable_table || table.import.is_some();
        }
    }
}
