//! The symbol table of an object: global symbols in symbol order, then each object's locals, then sections.

use super::SectionNumbers;
use crate::emit::Products;
use crate::emit::custom::CustomPlan;
use crate::index::*;
use crate::layout::NONE;
use crate::leb;
use crate::object::{SymbolFlags, SymbolKind};
use crate::resolve::Definition;
use crate::resolve::symbol::{State, bits};

/// Symbols of the output, and which of them each input symbol became.
pub struct SymbolTable {
    /// How many.
    pub count: u32,
    /// Encoded entries.
    pub bytes: Vec<u8>,
    globals: Vec<u32>,
    locals: Vec<Vec<u32>>,
    sections: Vec<u32>,
}

/// One entry to be.
struct Entry<'a> {
    kind: SymbolKind,
    flags: u16,
    name: &'a str,
    definition: Definition,
    /// The symbol, if it is not a local one.
    symbol: Option<SymbolIdx>,
    size: u64,
}

impl SymbolTable {
    /// Lists the symbols that stay.
    pub fn new(products: Products, customs: &CustomPlan, numbers: &SectionNumbers) -> Self {
        let Products { resolution, live, .. } = products;
        let mut table = Self {
            count: 0,
            bytes: Vec::new(),
            globals: vec![NONE; resolution.symbols.len()],
            locals: Vec::with_capacity(resolution.files.len()),
            sections: Vec::new(),
        };
        for at in resolution.table_order() {
            if resolution.symbols[at].is(bits::USED) && live.symbol(resolution, at) {
                table.add_global(products, at);
            }
        }
        for (file, content) in resolution.files.iter_enumerated() {
            let mut locals = vec![NONE; content.object.symbols.len()];
            for (index, symbol) in content.object.symbols.iter().enumerate() {
                if symbol.kind == SymbolKind::Section {
                    continue;
                }
                match resolution.target(file, index as u32) {
                    // A trapping stub is local to the output, and listed with the object that refers to it.
                    Some(target) if resolution.symbols[target].flags.is_local() => {
                        if live.symbol(resolution, target) {
                            table.add_global(products, target);
                        }
                    }
                    Some(_) => {}
                    None => {
                        let definition = resolution.local_definition(file, index as u32);
                        if live.definition(definition).unwrap_or(true) {
                            let (kind, flags) = (symbol.kind, symbol.flags.0);
                            let (name, size) =
                                (content.object.text(symbol.name), content.object.size_of(symbol) as u64);
                            let entry = Entry { kind, flags, name, definition, symbol: None, size };
                            locals[index] = table.add(products, entry);
                        }
                    }
                }
            }
            table.locals.push(locals);
        }
        for index in 0..customs.sections().len() {
            table.bytes.push(SymbolKind::Section as u8);
            leb::push_unsigned(&mut table.bytes, SymbolFlags::LOCAL as u64);
            leb::push_unsigned(&mut table.bytes, (numbers.first_custom + index as u32) as u64);
            table.sections.push(table.count);
            table.count += 1;
        }
        table
    }

    fn add_global(&mut self, products: Products, at: SymbolIdx) {
        let resolution = products.resolution;
        let symbol = &resolution.symbols[at];
        let own_size = || {
            let file = resolution.file_of.get(symbol.member).copied().flatten()?;
            let object = &resolution.files[file].object;
            Some(object.size_of(object.symbols.get(symbol.symbol as usize)?) as u64)
        };
        let entry = Entry {
            kind: symbol.kind,
            // What a shared library defines is an import here.
            flags: symbol.flags.0 | if symbol.state == State::Shared { SymbolFlags::UNDEFINED } else { 0 },
            name: resolution.debug_name(at),
            definition: products.layout.own_definition(resolution, at),
            symbol: Some(at),
            size: own_size().unwrap_or(0),
        };
        self.globals[at.index()] = self.add(products, entry);
    }

    fn add(&mut self, products: Products, entry: Entry) -> u32 {
        let layout = products.layout;
        let out = &mut self.bytes;
        out.push(entry.kind as u8);
        leb::push_unsigned(out, entry.flags as u64);
        if entry.kind == SymbolKind::Data {
            leb::push_name(out, entry.name.as_bytes());
            let place = match entry.definition {
                Definition::Data { segment, offset } => {
                    layout.segment_offset(segment, offset).map(|(output, offset)| (output as u64, offset))
                }
                Definition::Undefined => None,
                definition => layout.data_value(definition, true).map(|address| (0, address)),
            };
            if let Some((segment, offset)) = place {
                leb::push_unsigned(out, segment);
                leb::push_unsigned(out, offset);
                leb::push_unsigned(out, entry.size);
            }
        } else {
            let import = || layout.import_index(entry.symbol?);
            let index = match entry.definition {
                Definition::Function(function) => layout.function_index(function),
                Definition::Global(global) => layout.global_index(global),
                Definition::Tag(tag) => layout.tag_index(tag),
                Definition::Table(table) => layout.table_index(table),
                _ => import().or_else(|| layout.undefined_function_index(entry.symbol?)),
            };
            leb::push_unsigned(out, index.unwrap_or(NONE) as u64);
            let defined = entry.definition != Definition::Undefined;
            if defined || entry.flags & SymbolFlags::EXPLICIT_NAME != 0 {
                leb::push_name(out, entry.name.as_bytes());
            }
        }
        self.count += 1;
        self.count - 1
    }

    /// The entry that symbol `symbol` of `file` became.
    pub fn index(&self, products: Products, customs: &CustomPlan, file: FileIdx, symbol: u32) -> u32 {
        match products.resolution.target(file, symbol) {
            Some(target) => self.globals[target.index()],
            None => match products.resolution.local_definition(file, symbol) {
                Definition::Section(custom) => {
                    customs.section_of(custom).map_or(NONE, |section| self.sections[section])
                }
                _ => self.locals[file.index()][symbol as usize],
            },
        }
    }

    /// The entry that a global symbol became.
    pub fn global(&self, symbol: SymbolIdx) -> u32 {
        self.globals[symbol.index()]
    }

    /// The entry that a local symbol of an object became.
    pub fn local(&self, file: FileIdx, symbol: u32) -> u32 {
        self.locals[file.index()][symbol as usize]
    }
}
