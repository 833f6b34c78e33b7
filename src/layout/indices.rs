//! The index spaces of functions, globals, tags and tables, and what start-up calls.

use super::{Callee, Layout, NONE};
use crate::diagnostic::{Diagnostics, Kind};
use crate::index::*;
use crate::liveness::{LiveSet, is_discarded};
use crate::object::SymbolFlags;
use crate::options::Options;
use crate::resolve::symbol::bits;
use crate::resolve::{Definition, LinkerFunction, Resolution, Role};
use rayon::prelude::*;

impl<'i> Layout<'i> {
    /// Numbers functions, globals, tags and tables: imports, then the linker's own, then the objects' in link order.
    pub(super) fn assign_indices(
        &mut self,
        options: &Options,
        resolution: &Resolution,
        live: &LiveSet,
        diagnostics: &mut Diagnostics,
    ) {
        self.assign_functions(resolution, live);
        let (inputs, all) = (resolution.globals.total(), resolution.globals.total() + resolution.linker_globals.len());
        let own = (inputs..all).chain(0..inputs).map(InputGlobalIdx::new);
        self.globals = own.filter(|&global| live.global(global)).collect();
        self.global_indices = numbers(all, self.imported_globals, self.globals.iter().map(|global| global.index()));
        self.tags = (0..resolution.tags.total()).map(InputTagIdx::new).filter(|&tag| live.tag(tag)).collect();
        self.tag_indices =
            numbers(resolution.tags.total(), self.imported_tags, self.tags.iter().map(|tag| tag.index()));
        self.assign_tables(options, resolution, live, diagnostics);
    }

    fn assign_functions(&mut self, resolution: &Resolution, live: &LiveSet) {
        let inputs = resolution.functions.total();
        let ranks = live.function_ranks(inputs);
        let own = (inputs..resolution.function_count()).map(InputFunctionIdx::new);
        let own: Vec<_> = own.filter(|&function| live.function(function)).collect();
        // Memory that is not used costs nothing; vectors that grow are copied.
        self.functions.reserve(resolution.function_count());
        self.functions.extend(&own);
        self.functions.par_extend(ranks.members().map(InputFunctionIdx::new));
        let first = self.imported_functions + own.len() as u32;
        let index = |function| match live.function(InputFunctionIdx::new(function)) {
            true if function < inputs => first + ranks.of(function),
            _ => NONE,
        };
        self.function_indices = (0..resolution.function_count()).into_par_iter().map(index).collect();
        for (i, function) in own.into_iter().enumerate() {
            self.function_indices[function.index()] = self.imported_functions + i as u32;
        }
    }

    fn assign_tables(
        &mut self,
        options: &Options,
        resolution: &Resolution,
        live: &LiveSet,
        diagnostics: &mut Diagnostics,
    ) {
        self.tables =
            (0..resolution.tables.total()).map(InputTableIdx::new).filter(|&table| live.table(table)).collect();
        if let Some(table) = self.indirect_table.and_then(|table| table.defined) {
            if !resolution.legacy_table {
                self.tables.push(table);
            } else if self.imported_tables == 0 {
                // Old objects call through table 0 without saying so.
                self.tables.insert(0, table);
            } else {
                let culprit = self.imports.iter().find(|import| matches!(import, super::Import::Table { .. }));
                let symbol = culprit.map(|import| import.symbol()).unwrap_or(SymbolIdx(0));
                diagnostics.error(
                    Kind::Symbol,
                    format!(
                        "object file not built with 'reference-types' or 'call-indirect-overlong' feature conflicts \
                         with import of table {} by file {}",
                        resolution.text(options, symbol),
                        resolution.file_name(symbol)
                    ),
                );
            }
        }
        self.table_indices =
            numbers(resolution.tables.total() + 1, self.imported_tables, self.tables.iter().map(|table| table.index()));
    }

    /// Collects live init functions by priority; ties stay in link order.
    pub(super) fn collect_init_functions(
        &mut self,
        options: &Options,
        resolution: &Resolution,
        live: &LiveSet,
        diagnostics: &mut Diagnostics,
    ) {
        let called = resolution.known.call_ctors.is_some_and(|call_ctors| live.symbol(resolution, call_ctors));
        if !called && !options.relocatable {
            return;
        }
        let mut inits = Vec::new();
        for (file, content) in resolution.files.iter_enumerated() {
            for init in &content.object.init_functions {
                let target = resolution.target(file, init.symbol);
                let (callee, signature) = match (resolution.definition(file, init.symbol), target) {
                    (Definition::Function(function), _) if live.function(function) => {
                        (Callee::Defined(function), resolution.function_signature(function))
                    }
                    (Definition::Undefined, Some(symbol)) if live.symbol(resolution, symbol) => {
                        let Some(signature) = resolution.signatures[symbol].get() else { continue };
                        (Callee::Imported(symbol), signature)
                    }
                    _ => continue,
                };
                if is_discarded(resolution, file, init.symbol) {
                    continue;
                }
                let signature = resolution.names.signature(signature);
                if !signature.params().is_empty() {
                    let name = content.object.text(content.object.symbols[init.symbol as usize].name);
                    let name = crate::resolve::display_name(name, options.demangle);
                    let message = format!("constructor functions cannot take arguments: {name}");
                    diagnostics.error(Kind::Symbol, message);
                }
                inits.push((init.priority, callee, signature.results().len() as u32, (file, init.symbol)));
            }
        }
        inits.sort_by_key(|&(priority, ..)| priority);
        self.init_symbols = inits.iter().map(|&(priority, .., (file, symbol))| (priority, file, symbol)).collect();
        if !options.relocatable {
            self.init_functions = inits.into_iter().map(|(_, callee, results, _)| (callee, results)).collect();
        }
    }

    /// A command whose code does not take care of constructors has each exported function wrapped: constructors, the
    /// function, destructors.
    pub(super) fn wrap_command_exports(
        &mut self,
        options: &Options,
        resolution: &mut Resolution<'i>,
        live: &mut LiveSet,
    ) {
        let Some(call_ctors) = resolution.known.call_ctors.filter(|_| !options.is_pic()) else { return };
        if resolution.symbols[call_ctors].is(bits::USED)
            || resolution.is_exported(options, call_ctors)
            || (self.init_functions.is_empty() && resolution.known.call_dtors.is_none())
        {
            return;
        }
        let exported: Vec<_> = resolution
            .table_order_where(|at| resolution.is_exported(options, at))
            .into_iter()
            .filter_map(|at| match resolution.definitions[at] {
                Definition::Function(function) => Some((at, function)),
                _ => None,
            })
            .collect();
        for (at, callee) in exported {
            let name = format!("{}.command_export", resolution.name(at));
            let export_name = resolution.export_name(callee).unwrap_or(resolution.name(at)).to_string();
            let function = resolution.add_function(LinkerFunction {
                role: Role::CommandExport(callee),
                name: crate::resolve::display_name(&name, options.demangle).into_owned(),
                symbol_name: name,
                export_name: Some(export_name),
                signature: resolution.function_signature(callee),
            });
            live.keep_function(function);
            let flags = resolution.symbols[at].flags.0;
            let wrapper = resolution.add_twin(at);
            resolution.define_function(wrapper, function, flags & !SymbolFlags::HIDDEN | SymbolFlags::EXPORTED);
            let callee = &mut resolution.symbols[at];
            let forced = callee.bits & bits::FORCE_EXPORT;
            callee.flags.0 = callee.flags.0 & !SymbolFlags::EXPORTED | SymbolFlags::HIDDEN;
            callee.bits &= !bits::FORCE_EXPORT;
            resolution.symbols[wrapper].bits |= forced;
            self.function_indices.resize(function.index() + 1, NONE);
            self.function_indices[function.index()] = self.imported_functions + self.functions.len() as u32;
            self.functions.push(function);
        }
    }
}

fn numbers(len: usize, first: u32, kept: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut numbers = vec![NONE; len];
    for (i, index) in kept.enumerate() {
        numbers[index] = first + i as u32;
    }
    numbers
}
