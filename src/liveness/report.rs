//! `--print-gc-sections`.

use super::LiveSet;
use crate::diagnostic::Diagnostics;
use crate::index::*;
use crate::object::{Object, SymbolKind};
use crate::options::Options;
use crate::resolve::{Resolution, display_name};

/// Prints a line for each function, segment, global, tag and table that is dropped.
pub fn report_unused(options: &Options, resolution: &Resolution, live: &LiveSet, diagnostics: &mut Diagnostics) {
    if !options.gc_sections || !options.print_gc_sections {
        return;
    }
    let mut print = |file: &str, name: &str| diagnostics.print(format!("removing unused section {file}:({name})"));
    for (file, content) in resolution.files.iter_enumerated() {
        let (object, name) = (&content.object, content.object.name);
        let functions = names_of(object, SymbolKind::Function, object.function_imports.len(), object.functions.len());
        for (local, text) in functions.iter().enumerate() {
            if !live.function(resolution.functions.get(file, local as u32)) {
                print(name, text);
            }
        }
        for local in 0..content.contents.segments.len() {
            if !live.segment(resolution.segments.get(file, local as u32)) {
                print(name, object.text(object.info_of_segment(local).name));
            }
        }
        for (local, text) in
            names_of(object, SymbolKind::Global, object.global_imports.len(), object.globals.len()).iter().enumerate()
        {
            if !live.global(resolution.globals.get(file, local as u32)) {
                print(name, text);
            }
        }
        for (local, text) in
            names_of(object, SymbolKind::Tag, object.tag_imports.len(), object.tags.len()).iter().enumerate()
        {
            if !live.tag(resolution.tags.get(file, local as u32)) {
                print(name, text);
            }
        }
        for (local, text) in
            names_of(object, SymbolKind::Table, object.table_imports.len(), object.tables.len()).iter().enumerate()
        {
            if !live.table(resolution.tables.get(file, local as u32)) {
                print(name, text);
            }
        }
    }
    for (i, function) in resolution.linker_functions.iter().enumerate() {
        if !live.function(InputFunctionIdx::new(resolution.functions.total() + i)) {
            print("<internal>", &function.symbol_name);
        }
    }
    for (i, global) in resolution.linker_globals.iter().enumerate() {
        if !live.global(InputGlobalIdx::new(resolution.globals.total() + i)) {
            print("<internal>", &display_name(resolution.name(global.symbol), false));
        }
    }
}

/// The name of each defined entity of a kind: that of the first symbol that defines it.
pub fn names_of<'i>(object: &Object<'i>, kind: SymbolKind, imports: usize, count: usize) -> Vec<&'i str> {
    let mut names = vec![""; count];
    for symbol in object.symbols.iter().filter(|symbol| symbol.kind == kind && !symbol.flags.is_undefined()) {
        if let Some(name) = (symbol.index as usize).checked_sub(imports).and_then(|local| names.get_mut(local))
            && name.is_empty()
        {
            *name = object.text(symbol.name);
        }
    }
    names
}
