//! The `name` section. Spec: WebAssembly core, appendix, "Name Section".

use super::{Products, stitch, task_bytes};
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

/// Function names from which the size of all is estimated.
const SAMPLED_NAMES: usize = 128;

/// What the section is made of. Its bulk, the names of defined functions, is encoded task by task: either all at once
/// ([`NamesPlan::make`]), or as the module is written.
pub struct NamesPlan<'a, 'i> {
    products: Products<'a, 'i>,
    /// The subsection with the module's own name.
    module: Vec<u8>,
    /// Imported functions: the first of their subsection.
    imports: NameMap,
    /// The runs of defined functions that tasks encode.
    tasks: Vec<Range<usize>>,
    /// The subsections behind the functions'.
    behind: Vec<u8>,
    /// See [`NamesPlan::estimate`].
    estimate: Extent,
}

/// How many names a piece holds, and their bytes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Names.
    pub count: usize,
    /// Bytes.
    pub bytes: usize,
}

impl Extent {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self { count: self.count + other.count, bytes: self.bytes + other.bytes }
    }
}

/// Encoded names of one subsection, and how many there are.
#[derive(Default)]
struct NameMap {
    count: usize,
    bytes: Vec<u8>,
}

impl NameMap {
    fn push(&mut self, index: u32, name: &str) {
        self.count += 1;
        push_entry(&mut self.bytes, index, name.as_bytes());
    }

    /// Appends the subsection, if there is anything in it.
    fn append_to(&self, id: u8, out: &mut Vec<u8>) {
        push_subsection_head(out, id, Extent { count: self.count, bytes: self.bytes.len() });
        out.extend(&self.bytes);
    }
}

fn push_entry(out: &mut Vec<u8>, index: u32, name: &[u8]) {
    leb::push_unsigned(out, index as u64);
    leb::push_name(out, name);
}

/// Id, size and count of a subsection with `names`; nothing if there are none.
fn push_subsection_head(out: &mut Vec<u8>, id: u8, names: Extent) {
    if names.count == 0 {
        return;
    }
    let size = names.bytes + leb::unsigned_size(names.count as u64);
    out.push(id);
    leb::push_unsigned(out, size as u64);
    leb::push_unsigned(out, names.count as u64);
}

impl<'a, 'i> NamesPlan<'a, 'i> {
    /// Everything but the names of defined functions; `None` if the module has no such section.
    pub fn new(products: Products<'a, 'i>) -> Option<Self> {
        let Products { options, layout, .. } = products;
        let kept = options.keep_sections.iter().any(|section| section == "name");
        if options.strip_all && !kept {
            return None;
        }
        let output = options.output.rsplit('/').next().unwrap_or_default();
        let name = options.soname.as_deref().filter(|name| !name.is_empty()).unwrap_or(output);
        let mut module = vec![MODULE];
        leb::push_unsigned(&mut module, (leb::unsigned_size(name.len() as u64) + name.len()) as u64);
        leb::push_name(&mut module, name.as_bytes());
        let mut behind = Vec::new();
        globals(products).append_to(GLOBALS, &mut behind);
        data_segments(products).append_to(DATA_SEGMENTS, &mut behind);
        let (imports, estimate) = (imported_functions(products), sample(products));
        let functions = layout.functions.len();
        let names = task_bytes(estimate.bytes) * functions.max(1) / estimate.bytes.max(1);
        let tasks = par::balanced_ranges((0..functions).map(|_| 1), names);
        Some(Self { products, module, imports, tasks, behind, estimate })
    }

    /// How many tasks there are.
    pub fn tasks(&self) -> usize {
        self.tasks.len()
    }

    /// Bytes that a task encodes, about.
    pub fn task_bytes(&self) -> usize {
        task_bytes(self.estimate.bytes)
    }

    /// Appends the names of a task to `out`, and returns how many they are.
    pub fn encode(&self, task: usize, out: &mut Vec<u8>) -> usize {
        defined_functions(self.products, self.tasks[task].clone(), out)
    }

    /// What all tasks together will encode, about: exactly, if there are not many names.
    pub fn estimate(&self) -> Extent {
        self.estimate
    }

    /// The section's bytes in front of those that the tasks encode, its head included, if those are `functions`.
    pub fn front(&self, functions: Extent) -> Vec<u8> {
        let all = functions.plus(Extent { count: self.imports.count, bytes: self.imports.bytes.len() });
        let mut front = self.module.clone();
        push_subsection_head(&mut front, FUNCTIONS, all);
        front.extend(&self.imports.bytes);
        let fill = front.len() + functions.bytes + self.behind.len();
        let mut section = stitch::head(stitch::CUSTOM, fill, |out| leb::push_name(out, b"name"));
        section.extend(front);
        section
    }

    /// The section's bytes behind those that the tasks encode.
    pub fn behind(&self) -> &[u8] {
        &self.behind
    }

    /// Encodes all names, in parallel.
    pub fn make(&self) -> MadeNames {
        let encoded: Vec<(usize, Vec<u8>)> = (0..self.tasks())
            .into_par_iter()
            .map(|task| {
                let mut out = Vec::new();
                let count = self.encode(task, &mut out);
                out.shrink_to_fit();
                (count, out)
            })
            .collect();
        let extent = encoded.iter().map(|(count, bytes)| Extent { count: *count, bytes: bytes.len() });
        let front = self.front(extent.fold(Extent::default(), Extent::plus));
        let pieces = encoded.into_iter().map(|(_, bytes)| bytes).chain([self.behind.clone()]).collect();
        MadeNames { front, pieces }
    }
}

/// The encoded section.
#[derive(Default)]
pub struct MadeNames {
    /// See [`NamesPlan::front`].
    pub front: Vec<u8>,
    /// What follows.
    pub pieces: Vec<Vec<u8>>,
}

impl MadeNames {
    /// Bytes of the section.
    pub fn size(&self) -> usize {
        self.front.len() + self.pieces.iter().map(Vec::len).sum::<usize>()
    }
}

/// What the names of all defined functions take, as some of them tell.
fn sample(products: Products) -> Extent {
    let functions = products.layout.functions.len();
    let step = functions.div_ceil(SAMPLED_NAMES).max(1);
    let (mut names, mut seen, mut count) = (Vec::new(), 0, 0);
    for function in (0..functions).step_by(step) {
        seen += 1;
        count += defined_functions(products, function..function + 1, &mut names);
    }
    let scaled = |sum: usize| (sum as u64 * functions as u64).checked_div(seen).unwrap_or(0) as usize;
    Extent { count: scaled(count), bytes: scaled(names.len()) }
}

fn imported_functions(products: Products) -> NameMap {
    let Products { options, resolution, layout, .. } = products;
    let mut map = NameMap::default();
    for import in &layout.imports {
        if let Import::Function { symbol, .. } = import {
            map.push(layout.undefined_function_index(*symbol).unwrap_or(0), &resolution.text(options, *symbol));
        }
    }
    map
}

/// Appends the names of a run of functions, and returns how many they are.
fn defined_functions(products: Products, range: Range<usize>, out: &mut Vec<u8>) -> usize {
    let Products { options, resolution, layout, .. } = products;
    let (mut count, mut near) = (0, FileIdx(0));
    for i in range {
        let index = layout.imported_functions + i as u32;
        let Some((file, local)) = resolution.locate_function(layout.functions[i], &mut near) else {
            if let Some(function) = resolution.linker_function(layout.functions[i]) {
                count += 1;
                push_entry(out, index, function.name.as_bytes());
            }
            continue;
        };
        let content = &resolution.files[file];
        let symbol = content.contents.function_symbols[local as usize];
        let Some(symbol) = content.object.symbols.get(symbol as usize) else { continue };
        let symbol_name = content.object.text_bytes(symbol.name);
        if symbol_name.is_empty() {
            continue;
        }
        count += 1;
        match debug_name(content, local) {
            Some(name) => push_entry(out, index, name.as_bytes()),
            None => with_display_name(symbol_name, options.demangle, |text| push_entry(out, index, text)),
        }
    }
    count
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
                let object = &resolution.files[file].object;
                let symbol = &object.symbols[symbol as usize];
                (object.text(symbol.name), symbol.kind)
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
