//! The small sections: everything but code, data, custom sections of the inputs and names.

use super::Products;
use super::stitch;
use crate::index::{FileIdx, Idx, InputFunctionIdx, SymbolIdx};
use crate::layout::{Callee, ExportKind, GotEntry, Import};
use crate::leb;
use crate::object::{GlobalType, Producers, SymbolKind, TableType};
use crate::options::Options;
use crate::par;
use crate::resolve::{GlobalRole, symbol::bits};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::HashSet;
use wasm_encoder as encode;
use wasm_encoder::{ConstExpr, ValType};

/// Functions whose types one task encodes.
const TASK_FUNCTIONS: usize = 1 << 14;

/// The constant `address`, of pointer type.
pub fn address_expr(options: &Options, address: u64) -> ConstExpr {
    match options.is_64 {
        Some(true) => ConstExpr::i64_const(address as i64),
        _ => ConstExpr::i32_const(address as u32 as i32),
    }
}

/// An imported global, plus `offset` if it is not 0.
pub fn based_expr(products: &Products, base: Option<SymbolIdx>, offset: u64) -> ConstExpr {
    let index = base.and_then(|base| products.layout.import_index(base)).unwrap_or(0);
    let expr = ConstExpr::global_get(index);
    match products.options.is_64 {
        _ if offset == 0 => expr,
        Some(true) => expr.with_i64_const(offset as i64).with_i64_add(),
        _ => expr.with_i32_const(offset as u32 as i32).with_i32_add(),
    }
}

fn encoded(section: impl encode::Section) -> Vec<u8> {
    let mut out = Vec::new();
    section.append_to(&mut out);
    out
}

/// A value type from its byte; the parser has refused all others.
fn value_type(byte: u8) -> ValType {
    match byte {
        0x7f => ValType::I32,
        0x7e => ValType::I64,
        0x7d => ValType::F32,
        0x7c => ValType::F64,
        0x7b => ValType::V128,
        _ => ValType::Ref(reference_type(byte)),
    }
}

fn reference_type(byte: u8) -> encode::RefType {
    match byte {
        0x6f => encode::RefType::EXTERNREF,
        0x69 => encode::RefType::EXNREF,
        _ => encode::RefType::FUNCREF,
    }
}

fn global_type(ty: GlobalType) -> encode::GlobalType {
    encode::GlobalType { val_type: value_type(ty.value_type), mutable: ty.mutable, shared: false }
}

fn table_type(ty: TableType) -> encode::TableType {
    encode::TableType {
        element_type: reference_type(ty.element),
        table64: ty.flags & 4 != 0,
        minimum: ty.minimum,
        maximum: (ty.flags & 1 != 0).then_some(ty.maximum),
        shared: ty.flags & 2 != 0,
    }
}

/// Types to data count, in order; empty sections are left out.
pub fn before_code(products: &Products) -> Vec<Vec<u8>> {
    let (functions, elements) = rayon::join(|| functions(products), || elements(products));
    let all = [
        super::dylink::section(products),
        types(products),
        imports(products),
        functions,
        tables(products),
        memory(products),
        tags(products),
        globals(products),
        exports(products),
        start(products),
        elements,
        data_count(products),
    ];
    all.into_iter().flatten().collect()
}

/// Producers and target features.
pub fn after_names(products: &Products) -> Vec<Vec<u8>> {
    [producers(products), target_features(products)].into_iter().flatten().collect()
}

fn types(products: &Products) -> Option<Vec<u8>> {
    let mut section = encode::TypeSection::new();
    for &signature in &products.layout.types {
        let signature = products.resolution.names.signature(signature);
        let list = |types: &[u8]| types.iter().map(|&byte| value_type(byte)).collect::<Vec<_>>();
        section.ty().function(list(signature.params()), list(signature.results()));
    }
    (!section.is_empty()).then(|| encoded(section))
}

fn memory_type(products: &Products) -> encode::MemoryType {
    let (options, memory) = (products.options, &products.layout.memory);
    encode::MemoryType {
        minimum: memory.pages,
        maximum: memory.max_pages,
        memory64: options.is_64 == Some(true),
        shared: options.shared_memory,
        page_size_log2: (options.page_size != 65536).then(|| options.page_size.trailing_zeros()),
    }
}

fn indirect_table_type(products: &Products) -> Option<encode::TableType> {
    let table = products.layout.indirect_table?;
    Some(encode::TableType {
        element_type: encode::RefType::FUNCREF,
        table64: products.options.is_64 == Some(true),
        minimum: table.minimum,
        maximum: (!table.growable).then_some(table.minimum),
        shared: false,
    })
}

fn imports(products: &Products) -> Option<Vec<u8>> {
    let (layout, resolution) = (products.layout, products.resolution);
    let mut section = encode::ImportSection::new();
    if let Some((module, field)) = &products.options.import_memory {
        section.import(module, field, memory_type(products));
    }
    for import in &layout.imports {
        let symbol = import.symbol();
        let (module, field) = resolution.import_names(symbol);
        let ty: encode::EntityType = match *import {
            Import::Function { signature, .. } => {
                encode::EntityType::Function(layout.type_index(signature).unwrap_or(0))
            }
            Import::Global { ty, .. } => global_type(ty).into(),
            Import::Tag { signature, .. } => tag_type(layout.type_index(signature).unwrap_or(0)).into(),
            Import::Table { ty, .. } => {
                let indirect = layout.indirect_table.is_some_and(|table| table.import == Some(symbol));
                let own = indirect.then(|| indirect_table_type(products)).flatten();
                own.unwrap_or_else(|| table_type(ty)).into()
            }
        };
        section.import(module, field, ty);
    }
    let pointer = GlobalType { value_type: crate::resolve::pointer_type(products.options), mutable: true };
    for &symbol in &layout.got_imports {
        let is_data = resolution.symbols[symbol].kind == SymbolKind::Data;
        let module = if is_data { "GOT.mem" } else { "GOT.func" };
        section.import(module, resolution.name(symbol), global_type(pointer));
    }
    (!section.is_empty()).then(|| encoded(section))
}

fn tag_type(func_type_idx: u32) -> encode::TagType {
    encode::TagType { kind: encode::TagKind::Exception, func_type_idx }
}

fn functions(products: &Products) -> Option<Vec<u8>> {
    let (layout, resolution) = (products.layout, products.resolution);
    if layout.functions.is_empty() {
        return None;
    }
    let encode = |functions: &[InputFunctionIdx]| {
        let (mut near, mut types) = (FileIdx(0), Vec::with_capacity(functions.len() + functions.len() / 8));
        for &function in functions {
            let signature = resolution.signature_near(function, &mut near);
            leb::push_unsigned(&mut types, layout.type_index(signature).unwrap_or(0) as u64);
        }
        types
    };
    let encoded: Vec<Vec<u8>> = layout.functions.par_chunks(TASK_FUNCTIONS).map(encode).collect();
    Some(stitch::head(stitch::FUNCTION, 0, |out| {
        out.reserve(encoded.iter().map(Vec::len).sum::<usize>() + leb::PADDED_32);
        leb::push_unsigned(out, layout.functions.len() as u64);
        encoded.iter().for_each(|types| out.extend_from_slice(types));
    }))
}

fn tables(products: &Products) -> Option<Vec<u8>> {
    let mut section = encode::TableSection::new();
    for &table in &products.layout.tables {
        let ty = match products.resolution.tables.locate(table) {
            Some((file, local)) => Some(table_type(products.resolution.files[file].object.tables[local as usize])),
            None => indirect_table_type(products),
        };
        if let Some(ty) = ty {
            section.table(ty);
        }
    }
    (!section.is_empty()).then(|| encoded(section))
}

fn memory(products: &Products) -> Option<Vec<u8>> {
    if products.options.import_memory.is_some() {
        return None;
    }
    let mut section = encode::MemorySection::new();
    section.memory(memory_type(products));
    Some(encoded(section))
}

fn tags(products: &Products) -> Option<Vec<u8>> {
    let resolution = products.resolution;
    let mut section = encode::TagSection::new();
    for &tag in &products.layout.tags {
        let (file, local) = resolution.tags.locate(tag)?;
        let file = &resolution.files[file];
        let signature = resolution.names.types[file.member][file.object.tags[local as usize] as usize];
        section.tag(tag_type(products.layout.type_index(signature).unwrap_or(0)));
    }
    (!section.is_empty()).then(|| encoded(section))
}

fn globals(products: &Products) -> Option<Vec<u8>> {
    let (layout, resolution, options) = (products.layout, products.resolution, products.options);
    let mut section = encode::GlobalSection::new();
    for &global in &layout.globals {
        match resolution.globals.locate(global) {
            Some((file, local)) => {
                let global = resolution.files[file].object.globals[local as usize];
                let (_end, init) = global.init.0.split_last()?;
                section.global(global_type(global.ty), &ConstExpr::raw(init.iter().copied()));
            }
            None => {
                let global = resolution.linker_globals[global.index() - resolution.globals.total()];
                let value = linker_global_value(products, global.role);
                section.global(global_type(global.ty), &address_expr(options, value));
            }
        }
    }
    let pointer = |mutable| global_type(GlobalType { value_type: crate::resolve::pointer_type(options), mutable });
    for entry in &layout.got {
        // Each thread has its own address of thread-local data; the dynamic linker chooses that of all other data.
        let mutable = layout.is_set_at_start(options, resolution, *entry);
        let base = (options.is_pic() && !mutable && !layout.is_tls_entry(resolution, *entry))
            .then(|| crate::synthetic::got_place(resolution, layout, *entry))
            .flatten();
        let init = match base {
            Some((base, offset)) => based_expr(products, base, offset),
            None => address_expr(options, got_value(products, *entry)),
        };
        section.global(pointer(mutable), &init);
    }
    for &address in &layout.address_globals {
        section.global(pointer(false), &address_expr(options, address));
    }
    (!section.is_empty()).then(|| encoded(section))
}

fn linker_global_value(products: &Products, role: GlobalRole) -> u64 {
    let memory = &products.layout.memory;
    match (role, memory.tls) {
        (GlobalRole::StackPointer, _) => memory.stack_high,
        // Each thread sets its own.
        (GlobalRole::TlsBase, _) if products.options.shared_memory => 0,
        (GlobalRole::TlsBase, Some((address, ..))) => address,
        (GlobalRole::TlsSize, Some((_, size, _))) => size,
        (GlobalRole::TlsAlign, Some((.., alignment))) => alignment,
        (_, None) => 0,
    }
}

fn got_value(products: &Products, entry: GotEntry) -> u64 {
    let (layout, resolution) = (products.layout, products.resolution);
    let (definition, symbol, kind) = match entry {
        GotEntry::Global(symbol) => (resolution.definitions[symbol], Some(symbol), resolution.symbols[symbol].kind),
        GotEntry::Local(file, symbol) => {
            let kind = resolution.files[file].object.symbols[symbol as usize].kind;
            (resolution.local_definition(file, symbol), None, kind)
        }
    };
    if kind != SymbolKind::Function {
        let relative = products.options.shared_memory && layout.is_tls_entry(resolution, entry);
        let value = if relative { layout.tls_value(definition) } else { layout.data_value(definition, true) };
        return value.unwrap_or(0);
    }
    if symbol.is_some_and(|symbol| resolution.symbols[symbol].is(bits::STUB)) {
        return 0;
    }
    let element = match (definition, symbol) {
        (crate::resolve::Definition::Function(function), _) => Callee::Defined(function),
        (_, Some(symbol)) => Callee::Imported(symbol),
        _ => return 0,
    };
    layout.slot(element).unwrap_or(0)
}

fn exports(products: &Products) -> Option<Vec<u8>> {
    let mut section = encode::ExportSection::new();
    for export in &products.layout.exports {
        let (kind, index) = match export.kind {
            ExportKind::Memory => (encode::ExportKind::Memory, 0),
            ExportKind::Function(index) => (encode::ExportKind::Func, index),
            ExportKind::Global(index) => (encode::ExportKind::Global, index),
            ExportKind::Tag(index) => (encode::ExportKind::Tag, index),
            ExportKind::Table(index) => (encode::ExportKind::Table, index),
        };
        section.export(&export.name, kind, index);
    }
    (!section.is_empty()).then(|| encoded(section))
}

fn start(products: &Products) -> Option<Vec<u8>> {
    let function_index = products.layout.function_index(products.layout.start?)?;
    Some(encoded(encode::StartSection { function_index }))
}

fn elements(products: &Products) -> Option<Vec<u8>> {
    let layout = products.layout;
    if layout.elements.is_empty() {
        return None;
    }
    let functions: Vec<u32> = layout
        .elements
        .iter()
        .map(|&element| match element {
            Callee::Defined(function) => layout.function_index(function).unwrap_or(0),
            Callee::Imported(symbol) => layout.undefined_function_index(symbol).unwrap_or(0),
        })
        .collect();
    let table = layout.indirect_table?;
    let number = match (table.import, table.defined) {
        (Some(symbol), _) => layout.import_index(symbol),
        (_, Some(defined)) => layout.table_index(defined),
        _ => None,
    };
    let offset = match products.options.is_pic() {
        true => based_expr(products, products.resolution.known.table_base, 0),
        false => address_expr(products.options, layout.table_base),
    };
    let mut section = encode::ElementSection::new();
    let number = number.filter(|&number| number != 0);
    section.active(number, &offset, encode::Elements::Functions(Cow::Owned(functions)));
    Some(encoded(section))
}

fn data_count(products: &Products) -> Option<Vec<u8>> {
    let layout = products.layout;
    let count = layout.segments.iter().filter(|segment| layout.in_binary(segment)).count() as u32;
    (products.options.shared_memory && count > 0).then(|| encoded(encode::DataCountSection { count }))
}

fn is_stripped(products: &Products, section: &str) -> bool {
    products.options.strip_all && !products.options.keep_sections.iter().any(|kept| kept == section)
}

/// Producers of all objects: of each field's names the first version met.
fn producers(products: &Products) -> Option<Vec<u8>> {
    if is_stripped(products, "producers") {
        return None;
    }
    let mut fields = Producers::FIELDS.map(|field| (field, Vec::new()));
    let mut seen = HashSet::new();
    // Most objects of a program are made by the same tools.
    for file in par::changes(products.resolution.files.as_slice(), |file| &file.contents.producers) {
        for (field, name, version) in file.contents.producers.iter() {
            if seen.insert((field, name)) {
                fields[field].1.push((name, version));
            }
        }
    }
    let mut section = encode::ProducersSection::new();
    let mut any = false;
    for (name, entries) in fields.iter().filter(|(_, entries)| !entries.is_empty()) {
        let mut field = encode::ProducersField::new();
        entries.iter().for_each(|(name, version)| _ = field.value(name, version));
        section.field(name, &field);
        any = true;
    }
    any.then(|| encoded(section))
}

/// Spec: tool-conventions, Linking.md, "Target Features Section".
fn target_features(products: &Products) -> Option<Vec<u8>> {
    let features = &products.layout.features;
    if features.is_empty() || is_stripped(products, "target_features") {
        return None;
    }
    Some(stitch::head(stitch::CUSTOM, 0, |out| {
        leb::push_name(out, b"target_features");
        leb::push_unsigned(out, features.len() as u64);
        for feature in features {
            out.push(b'+');
            leb::push_name(out, feature.as_bytes());
        }
    }))
}
