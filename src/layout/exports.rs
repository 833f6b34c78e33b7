//! What the module exports, in order.

use super::Layout;
use crate::diagnostic::{Diagnostic, Diagnostics, Kind, Subject};
use crate::index::*;
use crate::liveness::LiveSet;
use crate::object::SymbolFlags;
use crate::options::{Options, Unresolved};
use crate::resolve::symbol::bits;
use crate::resolve::{Definition, Resolution};

/// What an export names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportKind {
    /// The memory.
    Memory,
    /// A function, by output index.
    Function(u32),
    /// A global, by output index.
    Global(u32),
    /// A tag, by output index.
    Tag(u32),
    /// A table, by output index.
    Table(u32),
}

/// An export.
#[derive(Clone, Debug)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What it names.
    pub kind: ExportKind,
    /// The symbol behind it.
    pub symbol: Option<SymbolIdx>,
    /// Whether it lets the outside set a global.
    pub mutable_global: bool,
}

/// Reports symbols that `--export` names and nothing defines.
pub(super) fn check_required(options: &Options, resolution: &Resolution, diagnostics: &mut Diagnostics) {
    for name in &options.exports {
        if resolution.find(name).is_some_and(|at| resolution.symbols[at].is_found()) {
            continue;
        }
        let message = format!("symbol exported via --export not found: {name}");
        let subject = || Subject::Export(name.clone());
        match options.unresolved {
            Unresolved::Report => diagnostics.push(Diagnostic::error(Kind::Symbol, message).about(subject())),
            Unresolved::Warn => diagnostics.push(Diagnostic::warning(Kind::Symbol, message).about(subject())),
            Unresolved::Ignore | Unresolved::ImportDynamic => {}
        }
    }
}

impl<'i> Layout<'i> {
    /// Lists memory, then exported symbols in symbol order; an exported data symbol is a global that holds its address.
    pub(super) fn assign_exports(&mut self, options: &Options, resolution: &Resolution<'i>, live: &LiveSet) {
        if options.relocatable {
            return;
        }
        let default = options.import_memory.is_none().then(|| "memory".to_string());
        if let Some(name) = options.export_memory.clone().or(default) {
            self.exports.push(Export { name, kind: ExportKind::Memory, symbol: None, mutable_global: false });
        }
        let is_exported = |at| resolution.is_exported(options, at) || resolution.is_exported_weak(options, at);
        for at in resolution.table_order_where(|at| is_exported(at) && live.symbol(resolution, at)) {
            self.add_export(resolution, at);
        }
    }

    fn add_export(&mut self, resolution: &Resolution<'i>, at: SymbolIdx) {
        let mut name = resolution.name(at).to_string();
        let mut mutable_global = false;
        let definition = self.own_definition(resolution, at);
        let kind = match definition {
            Definition::Function(function) => {
                if let Some(export_name) = resolution.export_name(function) {
                    name = export_name.to_string();
                }
                self.function_index(function).map(ExportKind::Function)
            }
            Definition::Global(global) => {
                mutable_global = resolution.global_type(global).mutable;
                let own = resolution.globals.locate(global).is_none();
                let explicit = resolution.symbols[at].is(bits::FORCE_EXPORT);
                // The linker's own mutable globals leave the module only where that is known to be understood.
                if mutable_global && own && !explicit && !self.features.contains("mutable-globals") {
                    return;
                }
                self.global_index(global).map(ExportKind::Global)
            }
            Definition::Tag(tag) => self.tag_index(tag).map(ExportKind::Tag),
            Definition::Table(table) => self.table_index(table).map(ExportKind::Table),
            _ => {
                let is_tls = resolution.symbols[at].flags.has(SymbolFlags::TLS);
                let value = if is_tls { self.tls_value(definition) } else { self.data_value(definition, false) };
                let Some(address) = value else { return };
                let index = self.imported_globals + (self.globals.len() + self.got.len()) as u32;
                self.address_globals.push(address);
                Some(ExportKind::Global(index + self.address_globals.len() as u32 - 1))
            }
        };
        if let Some(kind) = kind {
            self.exports.push(Export { name, kind, symbol: Some(at), mutable_global });
        }
    }
}
