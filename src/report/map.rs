//! `--Map`: what lies where in the module, as text.
//!
//! One line each: sections; in them functions, globals and data segments; in those their inputs; in those their symbols.
//! Columns: address, offset in the file and size, all in hexadecimal, then the name, indented by depth.

use crate::diagnostic::{Diagnostics, Kind};
use crate::emit::{Content, Part, Plan, Products};
use crate::index::*;
use crate::layout::Chunk;
use crate::mmap::os_text;
use crate::object::SymbolKind;
use crate::resolve::{Definition, LOCAL, Resolution, display_name};
use rayon::prelude::*;
use std::collections::HashMap;
use std::fmt::Write as _;

/// Inputs that one task describes.
const TASK_INPUTS: usize = 512;

/// Writes the map where the options want it.
///
/// # Errors
/// In `diagnostics`: the file cannot be written.
pub fn write(plan: &Plan, diagnostics: &mut Diagnostics) {
    let Some(path) = &plan.products().options.map_file else { return };
    if let Err(error) = super::write(path, text(plan), diagnostics) {
        diagnostics.error(Kind::Output, format!("cannot open {path}: {}", os_text(&error)));
    }
}

/// The text of the map.
fn text(plan: &Plan) -> String {
    let mut text = String::from("    Addr      Off     Size Out     In      Symbol\n");
    let symbols = Symbols::new(plan.products().resolution);
    let map = Map { plan, products: plan.products(), symbols };
    for part in plan.parts() {
        map.section(&mut text, &part);
    }
    text
}

/// The symbols of each object by what they stand for.
struct Symbols {
    /// Of each object: function, and symbol; in this order.
    functions: IndexVec<FileIdx, Vec<(u32, u32)>>,
    /// Of each object: data segment, and symbol; in this order.
    segments: IndexVec<FileIdx, Vec<(u32, u32)>>,
}

/// Number of a function or segment in its object, and the symbol that names it.
type Entries = Vec<(u32, u32)>;

impl Symbols {
    fn new(resolution: &Resolution) -> Self {
        let files: Vec<FileIdx> = resolution.files.indices().collect();
        let (functions, segments): (Vec<_>, Vec<_>) =
            files.into_par_iter().map(|file| Self::of_file(resolution, file)).unzip();
        Self { functions: functions.into(), segments: segments.into() }
    }

    fn of_file(resolution: &Resolution, file: FileIdx) -> (Entries, Entries) {
        let (mut functions, mut segments) = (Vec::new(), Vec::new());
        let content = &resolution.files[file];
        for (index, symbol) in content.object.symbols.iter().enumerate() {
            if !matches!(symbol.kind, SymbolKind::Function | SymbolKind::Data) || !is_own(resolution, file, index) {
                continue;
            }
            match resolution.definition(file, index as u32) {
                Definition::Function(function) => match resolution.functions.locate(function) {
                    Some((at, local)) if at == file => functions.push((local, index as u32)),
                    _ => {}
                },
                Definition::Data { segment, .. } => match resolution.segments.locate(segment) {
                    Some((at, local)) if at == file => segments.push((local, index as u32)),
                    _ => {}
                },
                _ => {}
            }
        }
        functions.sort_unstable();
        segments.sort_unstable();
        (functions, segments)
    }
}

/// Whether a symbol belongs to this object: it is local, or its definition (or first reference) is here.
fn is_own(resolution: &Resolution, file: FileIdx, symbol: usize) -> bool {
    let content = &resolution.files[file];
    match content.targets[symbol] {
        LOCAL => true,
        target => resolution.symbols[target].member == content.member,
    }
}

/// The entries of `sorted` for `local`.
fn symbols_of(sorted: &[(u32, u32)], local: u32) -> impl Iterator<Item = u32> + '_ {
    let start = sorted.partition_point(|&(at, _)| at < local);
    sorted[start..].iter().take_while(move |&&(at, _)| at == local).map(|&(_, symbol)| symbol)
}

struct Map<'a, 'i> {
    plan: &'a Plan<'a, 'i>,
    products: Products<'a, 'i>,
    symbols: Symbols,
}

/// Where something lies, and how deep its name stands.
struct Line {
    address: Option<u64>,
    offset: u64,
    size: u64,
    indent: usize,
}

impl Line {
    fn new(address: impl Into<Option<u64>>, offset: u64, size: u64, indent: usize) -> Self {
        Self { address: address.into(), offset, size, indent }
    }

    /// Appends the line; `name` is what it ends with.
    fn push(&self, out: &mut String, name: std::fmt::Arguments) {
        let Self { offset, size, indent, .. } = self;
        // Strings take any text.
        let _ = match self.address {
            Some(address) => write!(out, "{address:8x} "),
            None => write!(out, "{:>8} ", '-'),
        };
        let _ = writeln!(out, "{offset:8x} {size:8x} {:indent$}{name}", "");
    }
}

impl Map<'_, '_> {
    fn section(&self, out: &mut String, part: &Part) {
        let name = crate::object::section_label(part.id);
        let line = Line::new(None, part.offset as u64, part.size as u64, 0);
        match part.name {
            Some(custom) => line.push(out, format_args!("{name}({custom})")),
            None => line.push(out, format_args!("{name}")),
        }
        match part.content {
            Content::Globals => self.globals(out),
            Content::Code => self.functions(out, part.offset as u64),
            Content::Data => self.data(out, part.offset as u64),
            Content::Other => {}
        }
    }

    fn globals(&self, out: &mut String) {
        let Products { resolution, layout, .. } = self.products;
        for (i, &global) in layout.globals.iter().enumerate() {
            let name = match resolution.globals.locate(global) {
                Some((file, local)) => {
                    let object = &resolution.files[file].object;
                    let index = object.global_imports.len() as u32 + local;
                    let defines = |symbol: &&crate::object::Symbol| {
                        symbol.kind == SymbolKind::Global && !symbol.flags.is_undefined() && symbol.index == index
                    };
                    object.symbols.iter().find(defines).map_or("", |symbol| object.text(symbol.name))
                }
                None => resolution.name(resolution.linker_globals[global.index() - resolution.globals.total()].symbol),
            };
            let index = layout.imported_globals as u64 + i as u64;
            Line::new(index, 0, 0, 8).push(out, format_args!("{name}"));
        }
    }

    fn functions(&self, out: &mut String, section: u64) {
        let layout = self.products.layout;
        let undefined = self.undefined_functions();
        let pieces: Vec<String> = layout
            .functions
            .par_chunks(TASK_INPUTS)
            .enumerate()
            .map(|(task, functions)| {
                let mut names = NamesOfFile::default();
                let mut out = String::new();
                for (i, &function) in functions.iter().enumerate() {
                    let (offset, size) = self.plan.function_place(task * TASK_INPUTS + i);
                    self.function(&mut out, &mut names, &undefined, function, (section + offset, size));
                }
                out
            })
            .collect();
        out.extend(pieces);
    }

    /// Undefined symbols by the trapping function that stands for them.
    fn undefined_functions(&self) -> HashMap<InputFunctionIdx, Vec<SymbolIdx>> {
        let Products { resolution, layout, .. } = self.products;
        let mut undefined: HashMap<_, Vec<_>> = HashMap::new();
        if !layout.has_undefined_stubs() {
            return undefined;
        }
        for (file, content) in resolution.files.iter_enumerated() {
            for (index, &target) in content.targets.iter().enumerate() {
                if target != LOCAL
                    && is_own(resolution, file, index)
                    && let Some(stub) = layout.undefined_stub(target)
                {
                    undefined.entry(stub).or_default().push(target);
                }
            }
        }
        undefined
    }

    fn function<'n>(
        &'n self,
        out: &mut String,
        names: &mut NamesOfFile<'n>,
        undefined: &HashMap<InputFunctionIdx, Vec<SymbolIdx>>,
        function: InputFunctionIdx,
        (offset, size): (u64, u64),
    ) {
        let Products { options, resolution, .. } = self.products;
        let line = Line::new(None, offset, size, 8);
        let Some((file, local)) = resolution.functions.locate(function) else {
            let name = resolution.linker_function(function).map_or("", |function| &function.symbol_name);
            line.push(out, format_args!("<internal>:({name})"));
            for &symbol in undefined.get(&function).into_iter().flatten() {
                Line::new(None, offset, 0, 16).push(out, format_args!("{}", resolution.text(options, symbol)));
            }
            return;
        };
        let content = &resolution.files[file];
        line.push(out, format_args!("{}:({})", content.object.name, names.function(resolution, file, local)));
        for symbol in symbols_of(&self.symbols.functions[file], local) {
            self.symbol(out, file, symbol, &Line::new(None, offset, size, 16));
        }
    }

    fn symbol(&self, out: &mut String, file: FileIdx, symbol: u32, line: &Line) {
        let resolution = self.products.resolution;
        let name = match resolution.target(file, symbol) {
            Some(target) => resolution.name(target),
            None => {
                let object = &resolution.files[file].object;
                object.text(object.symbols[symbol as usize].name)
            }
        };
        line.push(out, format_args!("{}", display_name(name, self.products.options.demangle)));
    }

    fn data(&self, out: &mut String, section: u64) {
        let layout = self.products.layout;
        for (index, segment) in layout.segments.iter().enumerate() {
            // Segments without bytes have no place in the file.
            let (start, header) = self.plan.segment_place(index).unwrap_or((0, 0));
            Line::new(segment.address, section + start, segment.size, 0).push(out, format_args!("{}", segment.name));
            let contents = layout.in_binary(segment).then_some(section + start + header);
            let pieces: Vec<String> = segment
                .chunks
                .par_chunks(TASK_INPUTS)
                .map(|chunks| {
                    let mut out = String::new();
                    for &(chunk, offset) in chunks {
                        let place = contents.map_or(0, |contents| contents + offset);
                        self.chunk(&mut out, segment.name, chunk, segment.address + offset, place);
                    }
                    out
                })
                .collect();
            out.extend(pieces);
        }
    }

    fn chunk(&self, out: &mut String, segment: &str, chunk: Chunk, address: u64, place: u64) {
        let Products { resolution, layout, .. } = self.products;
        let index = match chunk {
            Chunk::Input(index) => index,
            // Symbols of merged strings are not listed: their places are those of many inputs.
            Chunk::Strings(strings) => {
                let size = layout.strings[strings as usize].size;
                return Line::new(address, place, size, 8).push(out, format_args!("<internal>:({segment})"));
            }
        };
        let Some((file, local)) = resolution.segments.locate(index) else { return };
        let content = &resolution.files[file];
        let size = content.contents.segments.at(local as usize).data.len();
        let name = content.object.text(content.object.info_of_segment(local as usize).name);
        let line = Line::new(address, place, size as u64, 8);
        line.push(out, format_args!("{}:({})", content.object.name, name));
        for symbol in symbols_of(&self.symbols.segments[file], local) {
            let entry = &content.object.symbols[symbol as usize];
            let definition = resolution.definition(file, symbol);
            // Thread-local data has no address: what counts is its offset from each thread's base.
            let address = layout.data_value(definition, false).unwrap_or(0);
            let line = Line::new(
                address,
                place.wrapping_add(content.object.offset_of(entry)),
                content.object.size_of(entry).into(),
                16,
            );
            self.symbol(out, file, symbol, &line);
        }
    }
}

/// Names of one object's functions, remembered from one function to the next.
#[derive(Default)]
struct NamesOfFile<'a> {
    file: Option<FileIdx>,
    names: Vec<&'a str>,
}

impl<'a> NamesOfFile<'a> {
    /// The name of function `local` of `file`: that of the first symbol that defines it.
    fn function(&mut self, resolution: &'a Resolution, file: FileIdx, local: u32) -> &'a str {
        if self.file != Some(file) {
            let object = &resolution.files[file].object;
            let (imports, count) = (object.function_imports.len(), object.functions.len());
            self.names = crate::liveness::names_of(object, SymbolKind::Function, imports, count);
            self.file = Some(file);
        }
        self.names.get(local as usize).copied().unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_numbers_push_the_rest_of_the_line() {
        let mut out = String::new();
        Line::new(0x0640_0000_0000, 0x52, 4, 0).push(&mut out, format_args!(".rodata"));
        Line::new(None, 0x52, 0x123, 8).push(&mut out, format_args!("a.o:(f)"));
        assert_eq!(out, "64000000000       52        4 .rodata\n       -       52      123         a.o:(f)\n");
    }

    #[test]
    fn symbols_are_found_by_what_they_stand_for() {
        let sorted = [(0, 3), (2, 1), (2, 5), (4, 0)];
        assert_eq!(symbols_of(&sorted, 2).collect::<Vec<_>>(), [1, 5]);
        assert_eq!(symbols_of(&sorted, 3).count(), 0);
    }
}
