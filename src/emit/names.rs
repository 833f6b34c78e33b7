//! The `name` section. Spec: WebAssembly core, appendix, "Name Section".

use super::Products;
use crate::index::*;
use crate::layout::{GotEntry, Import};
use crate::leb;
use crate::liveness::names_of;
use crate::object::SymbolKind;
use crate::par;
use crate::resolve::{Definition, File, display_name, with_display_name};
use rayon::prelude::*;
use std::ops::Range;

const MODULE: u8 = 0;
const FUNCTIONS: u8 = 1;
const GLOBALS: u8 = 7;
const DATA_SEGMENTS: u8 = 9;

/// Names that one task encodes.
const TASK_NAMES: usize = 1024;

/// The encoded section, in pieces.
pub struct NamesPlan {
    pieces: Vec<Vec<u8>>,
}

/// A subsection under construction: how many names, and their encoded pieces.
#[derive(Default)]
struct NameMap {
    count: usize,
    pieces: Vec<Vec<u8>>,
}

impl NameMap {
    /// Names come in blocks, so that the memory for them is not found by doubling.
    const BLOCK: usize = 1 << 16;

    fn push(&mut self, index: u32, name: &str) {
        self.push_bytes(index, name.as_bytes());
    }

    fn push_bytes(&mut self, index: u32, name: &[u8]) {
        self.count += 1;
        let room = name.len() + 2 * leb::PADDED_32;
        match self.pieces.last_mut().filter(|piece| piece.len() + room <= piece.capacity()) {
            Some(piece) => push_entry(piece, index, name),
            None => {
                let mut piece = Vec::with_capacity(room.max(Self::BLOCK));
                push_entry(&mut piece, index, name);
                self.pieces.push(piece);
            }
        }
    }

    fn append_to(self, id: u8, pieces: &mut Vec<Vec<u8>>) {
        if self.count == 0 {
            return;
        }
        let size = self.pieces.iter().map(Vec::len).sum::<usize>() + leb::unsigned_size(self.count as u64);
        let mut head = vec![id];
        leb::push_unsigned(&mut head, size as u64);
        leb::push_unsigned(&mut head, self.count as u64);
        pieces.push(head);
        pieces.extend(self.pieces);
    }
}

fn push_entry(out: &mut Vec<u8>, index: u32, name: &[u8]) {
    leb::push_unsigned(out, index as u64);
    leb::push_name(out, name);
}

impl NamesPlan {
    /// Encodes all names, functions in parallel.
    pub fn new(products: Products) -> Self {
        let options = products.options;
        let kept = options.keep_sections.iter().any(|section| section == "name");
        if options.strip_all && !kept {
            return Self { pieces: Vec::new() };
        }
        let mut maps = Vec::new();
        functions(products).append_to(FUNCTIONS, &mut maps);
        globals(products).append_to(GLOBALS, &mut maps);
        data_segments(products).append_to(DATA_SEGMENTS, &mut maps);
        let output = options.output.rsplit('/').next().unwrap_or_default();
        let module = options.soname.as_deref().filter(|name| !name.is_empty()).unwrap_or(output);
        let mut head = vec![MODULE];
        leb::push_unsigned(&mut head, (leb::unsigned_size(module.len() as u64) + module.len()) as u64);
        leb::push_name(&mut head, module.as_bytes());
        maps.insert(0, head);
        Self { pieces: maps }
    }
    /// Bytes behind the section's own name.
    pub fn size(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }
    /// The encoded section, in pieces.
    pub fn pieces(&self) -> &[Vec<u8>] {
        &self.pieces
    }
}

fn functions(products: Products) -> NameMap {
    let Products { options, resolution, layout, .. } = products;
    let mut map = NameMap::default();
    for import in &layout.imports {
        if let Import::Function { symbol, .. } = import {
            map.push(layout.undefined_function_index(*symbol).unwrap_or(0), &resolution.text(options, *symbol));
        }
    }
    let tasks = par::balanced_ranges((0..layout.functions.len()).map(|_| 1), TASK_NAMES);
    let encoded: Vec<NameMap> = tasks.into_par_iter().map(|task| defined_functions(products, task)).collect();
    for task in encoded {
        map.count += task.count;
        map.pieces.extend(task.pieces);
    }
    map
}

/// The names of a run of functions.
fn defined_functions(products: Products, range: Range<usize>) -> NameMap {
    let Products { options, resolution, layout, .. } = products;
    let (mut map, mut near) = (NameMap::default(), FileIdx(0));
    for i in range {
        let index = layout.imported_functions + i as u32;
        let Some((file, local)) = resolution.locate_function(layout.functions[i], &mut near) else {
            if let Some(function) = resolution.linker_function(layout.functions[i]) {
                map.push(index, &function.name);
            }
            continue;
        };
        let content = &resolution.files[file];
        let symbol = content.contents.function_symbols[local as usize];
        let Some(symbol) = content.object.symbols.get(symbol as usize).filter(|symbol| !symbol.name.is_empty()) else {
            continue;
        };
        match debug_name(content, local) {
            Some(name) => map.push(index, name),
            None => with_display_name(symbol.name, options.demangle, |text| map.push_bytes(index, text)),
        }
    }
    map
}

/// The name that an object's own name section gives a function: it is not demangled.
fn debug_name<'i>(content: &File<'i>, local: u32) -> Option<&'i str> {
    let names = &content.contents.debug_names;
    let index = content.object.function_imports.len() as u32 + local;
    names.binary_search_by_key(&index, |&(index, _)| index).ok().map(|found| names[found].1)
}

fn globals(products: Products) -> NameMap {
    let Products { options, resolution, layout, .. } = products;
    let mut map = NameMap::default();
    for import in &layout.imports {
        if let Import::Global { symbol, .. } = import {
            // As in LLD, the name of a weak global that is imported and defined goes to the definition.
            let index = match resolution.definitions[*symbol] {
                Definition::Global(own) => layout.global_index(own),
                _ => layout.import_index(*symbol),
            };
            map.push(index.unwrap_or(0), &resolution.text(options, *symbol));
        }
    }
    for &symbol in &layout.got_imports {
        let index = layout.got_import(GotEntry::Global(symbol)).unwrap_or(0);
        map.push(index, &resolution.text(options, symbol));
    }
    let mut names_of_file = (None, Vec::new());
    for (i, &global) in layout.globals.iter().enumerate() {
        let name = match resolution.globals.locate(global) {
            Some((file, local)) => {
                let object = &resolution.files[file].object;
                if names_of_file.0 != Some(file) {
                    let imports = object.global_imports.len();
                    names_of_file = (Some(file), names_of(object, SymbolKind::Global, imports, object.globals.len()));
                }
                names_of_file.1[local as usize]
            }
            None => resolution.name(resolution.linker_globals[global.index() - resolution.globals.total()].symbol),
        };
        if !name.is_empty() {
            map.push(layout.imported_globals + i as u32, &display_name(name, options.demangle));
        }
    }
    for (i, entry) in layout.got.iter().enumerate() {
        let (name, kind) = match *entry {
            GotEntry::Global(symbol) => (resolution.debug_name(symbol), resolution.symbols[symbol].kind),
            GotEntry::Local(file, symbol) => {
                let symbol = &resolution.files[file].object.symbols[symbol as usize];
                (symbol.name, symbol.kind)
            }
        };
        let kind = if kind == SymbolKind::Function { "func" } else { "data" };
        let name = format!("GOT.{kind}.internal.{}", display_name(name, options.demangle));
        map.push(layout.imported_globals + (layout.globals.len() + i) as u32, &name);
    }
    map
}

fn data_segments(products: Products) -> NameMap {
    let layout = products.layout;
    let mut map = NameMap::default();
    for (index, segment) in layout.segments.iter().enumerate() {
        if !segment.name.is_empty() && layout.in_binary(segment) {
            map.push(index as u32, segment.name);
        }
    }
    map
}
