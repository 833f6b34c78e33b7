//! A module as text: sections, their entries, and where each entry lies in the file.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use wasmparser::{
    BinaryReaderError, ConstExpr, Data, DataKind, Dylink0Subsection, Element, ElementItems, ElementKind, FromReader,
    FunctionBody, Global, GlobalType, Import, Imports, KnownCustom, Linking, MemoryType, Name, Operator, Parser,
    Payload, RelocSectionReader, SectionLimited, SymbolInfo, Table, TableType, TypeRef,
};

type Result<T> = std::result::Result<T, BinaryReaderError>;

/// One thing inside a section.
pub struct Entry {
    /// Bytes of the file.
    pub range: Range<usize>,
    /// What it is: `function 12 (foo)`, `entry 3`.
    pub label: String,
    /// Its meaning; one line, or one per instruction.
    pub text: String,
}

/// One section.
pub struct Section {
    /// Lower case for known sections (`code`), the custom section's own name otherwise.
    pub name: String,
    /// Bytes of the payload in the file.
    pub range: Range<usize>,
    /// What is in it, in order.
    pub entries: Vec<Entry>,
}

/// Describes every section of `bytes`.
pub fn describe(bytes: &[u8]) -> std::result::Result<Vec<Section>, String> {
    sections(bytes).map_err(|error| format!("not readable as a module: {error}"))
}

/// The lines of all sections called `name`, without labels (except for code). With `only`, the lines of the
/// entries whose label or text contains it.
pub fn lines(bytes: &[u8], name: &str, only: Option<&str>) -> std::result::Result<Vec<String>, String> {
    let mut lines = Vec::new();
    for section in describe(bytes)?.into_iter().filter(|section| section.name == name) {
        for entry in section.entries {
            if only.is_some_and(|word| !entry.label.contains(word) && !entry.text.contains(word)) {
                continue;
            }
            if name == "code" {
                lines.push(entry.label);
            }
            lines.extend(entry.text.lines().map(String::from));
        }
    }
    Ok(lines)
}

/// The payload of the custom section `name`.
pub fn custom<'a>(bytes: &'a [u8], name: &str) -> Option<&'a [u8]> {
    Parser::new(0).parse_all(bytes).find_map(|payload| match payload {
        Ok(Payload::CustomSection(section)) if section.name() == name => Some(section.data()),
        _ => None,
    })
}

/// Names of functions, and how many functions are imported: what labels need before the code comes.
#[derive(Default)]
struct Context {
    types: Vec<String>,
    names: HashMap<u32, String>,
    imported: u32,
    bodies: u32,
}

fn sections(bytes: &[u8]) -> Result<Vec<Section>> {
    let mut context = Context { names: function_names(bytes), ..Context::default() };
    let mut sections: Vec<Section> = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        if let Some(section) = section(payload?, &mut context, &mut sections)? {
            sections.push(section);
        }
    }
    Ok(sections)
}

fn function_names(bytes: &[u8]) -> HashMap<u32, String> {
    let mut names = HashMap::new();
    let Some(data) = custom(bytes, "name") else { return names };
    let reader = wasmparser::NameSectionReader::new(wasmparser::BinaryReader::new(data, 0));
    for name in reader.flatten() {
        if let Name::Function(map) = name {
            names.extend(map.into_iter().flatten().map(|naming| (naming.index, naming.name.to_string())));
        }
    }
    names
}

fn section(payload: Payload, context: &mut Context, done: &mut [Section]) -> Result<Option<Section>> {
    let section = match payload {
        Payload::TypeSection(reader) => {
            let section = list("type", reader, |_, group| {
                let types: Vec<_> = group.into_types().map(|ty| ty.composite_type.to_string()).collect();
                Ok(types.join(" "))
            })?;
            context.types = section.entries.iter().map(|entry| entry.text.clone()).collect();
            section
        }
        Payload::ImportSection(reader) => {
            let mut imported = 0;
            let section = list("import", reader, |_, imports| {
                let Imports::Single(_, import) = imports else { return Ok(String::from("a group")) };
                imported += u32::from(matches!(import.ty, TypeRef::Func(_)));
                Ok(import_text(&import, context))
            })?;
            context.imported = imported;
            section
        }
        Payload::FunctionSection(reader) => {
            let first = context.imported as usize;
            list("function", reader, |i, ty| Ok(format!("{} {}", first + i, type_text(context, ty))))?
        }
        Payload::TableSection(reader) => list("table", reader, |_, table: Table| Ok(table_text(&table.ty)))?,
        Payload::MemorySection(reader) => list("memory", reader, |_, memory| Ok(memory_text(&memory)))?,
        Payload::TagSection(reader) => {
            list("tag", reader, |_, tag: wasmparser::TagType| Ok(type_text(context, tag.func_type_idx)))?
        }
        Payload::GlobalSection(reader) => list("global", reader, |_, global: Global| {
            Ok(format!("{} = {}", global_text(&global.ty), expr_text(&global.init_expr)?))
        })?,
        Payload::ExportSection(reader) => list("export", reader, |_, export: wasmparser::Export| {
            Ok(format!("{} {:?} {}", quoted(export.name), export.kind, export.index))
        })?,
        Payload::StartSection { func, range } => {
            whole("start", range, format!("{func} {}", function_name(context, func)))
        }
        Payload::ElementSection(reader) => list("elem", reader, |_, element| element_text(&element))?,
        Payload::DataCountSection { count, range } => whole("datacount", range, count.to_string()),
        Payload::DataSection(reader) => list("data", reader, |_, data| data_text(&data))?,
        Payload::CodeSectionStart { unchecked_range, .. } => {
            Section { name: "code".into(), range: usize_range(unchecked_range), entries: Vec::new() }
        }
        Payload::CodeSectionEntry(body) => {
            let entry = function(&body, context)?;
            let code = done.last_mut().filter(|section| section.name == "code");
            code.expect("bodies follow the start of the code section").entries.push(entry);
            return Ok(None);
        }
        Payload::CustomSection(reader) => custom_section(&reader)?,
        _ => return Ok(None),
    };
    Ok(Some(section))
}

fn usize_range(range: Range<u64>) -> Range<usize> {
    range.start as usize..range.end as usize
}

fn whole(name: &str, range: Range<u64>, text: String) -> Section {
    let range = usize_range(range);
    Section { name: name.into(), range: range.clone(), entries: vec![Entry { range, label: name.into(), text }] }
}

/// A section that is a vector of `T`.
fn list<'a, T: FromReader<'a>>(
    name: &str,
    reader: SectionLimited<'a, T>,
    mut text: impl FnMut(usize, T) -> Result<String>,
) -> Result<Section> {
    let range = usize_range(reader.range());
    let mut entries: Vec<Entry> = Vec::new();
    for (index, item) in reader.into_iter_with_offsets().enumerate() {
        let (offset, item) = item?;
        if let Some(last) = entries.last_mut() {
            last.range.end = offset as usize;
        }
        let range = offset as usize..range.end;
        entries.push(Entry { range, label: format!("entry {index}"), text: text(index, item)? });
    }
    Ok(Section { name: name.into(), range, entries })
}

fn type_text(context: &Context, index: u32) -> String {
    context.types.get(index as usize).cloned().unwrap_or_else(|| format!("type {index}"))
}

fn function_name(context: &Context, index: u32) -> String {
    context.names.get(&index).map(|name| format!("({name})")).unwrap_or_default()
}

fn import_text(import: &Import, context: &Context) -> String {
    let ty = match import.ty {
        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => type_text(context, ty),
        TypeRef::Table(table) => format!("table {}", table_text(&table)),
        TypeRef::Memory(memory) => format!("memory {}", memory_text(&memory)),
        TypeRef::Global(global) => format!("global {}", global_text(&global)),
        TypeRef::Tag(tag) => format!("tag {}", type_text(context, tag.func_type_idx)),
    };
    format!("{}.{} {ty}", import.module, import.name)
}

fn limits(initial: u64, maximum: Option<u64>, flags: &[(bool, &str)]) -> String {
    let mut text = initial.to_string();
    if let Some(maximum) = maximum {
        let _ = write!(text, "..{maximum}");
    }
    flags.iter().filter(|(on, _)| *on).for_each(|(_, word)| text.extend([" ", word]));
    text
}

fn table_text(table: &TableType) -> String {
    let flags = [(table.table64, "i64"), (table.shared, "shared")];
    format!("{} {}", limits(table.initial, table.maximum, &flags), table.element_type)
}

fn memory_text(memory: &MemoryType) -> String {
    let mut text = limits(memory.initial, memory.maximum, &[(memory.memory64, "i64"), (memory.shared, "shared")]);
    if let Some(log2) = memory.page_size_log2 {
        let _ = write!(text, " pages of {}", 1u64 << log2);
    }
    text
}

fn global_text(global: &GlobalType) -> String {
    format!("{}{}", if global.mutable { "mut " } else { "" }, global.content_type)
}

fn expr_text(expr: &ConstExpr) -> Result<String> {
    let mut words = Vec::new();
    for operator in expr.get_operators_reader() {
        match operator? {
            Operator::End => {}
            operator => words.push(operator_text(&operator)),
        }
    }
    Ok(words.join(", "))
}

fn element_text(element: &Element) -> Result<String> {
    let mut text = match &element.kind {
        ElementKind::Passive => "passive:".to_string(),
        ElementKind::Declared => "declared:".to_string(),
        ElementKind::Active { table_index, offset_expr } => {
            format!("table {} at {}:", table_index.unwrap_or(0), expr_text(offset_expr)?)
        }
    };
    match &element.items {
        ElementItems::Functions(functions) => {
            for function in functions.clone() {
                let _ = write!(text, " {}", function?);
            }
        }
        ElementItems::Expressions(_, expressions) => {
            for expression in expressions.clone() {
                let _ = write!(text, " {}", expr_text(&expression?)?);
            }
        }
    }
    Ok(text)
}

fn data_text(data: &Data) -> Result<String> {
    let place = match &data.kind {
        DataKind::Passive => "passive".to_string(),
        DataKind::Active { offset_expr, .. } => format!("at {}", expr_text(offset_expr)?),
    };
    Ok(format!("{place}: {}", escaped(data.data)))
}

/// Bytes as a quoted string, as the text format writes them.
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => text.extend(['\\', byte as char]),
            0x20..0x7f => text.push(byte as char),
            _ => {
                let _ = write!(text, "\\{byte:02x}");
            }
        }
    }
    text.push('"');
    text
}

fn quoted(name: &str) -> String {
    if name.is_empty() || name.contains(' ') { format!("{name:?}") } else { name.to_string() }
}

fn function(body: &FunctionBody, context: &mut Context) -> Result<Entry> {
    let index = context.imported + context.bodies;
    context.bodies += 1;
    let mut text = String::new();
    for local in body.get_locals_reader()? {
        let (count, ty) = local?;
        let _ = writeln!(text, "  locals {count} {ty}");
    }
    let mut depth = 1;
    for operator in body.get_operators_reader()? {
        let operator = operator?;
        if matches!(operator, Operator::End | Operator::Else | Operator::Catch { .. } | Operator::CatchAll) {
            depth -= 1;
        }
        if !(matches!(operator, Operator::End) && depth == 0) {
            let _ = writeln!(text, "{:width$}{}", "", operator_text(&operator), width = 2 * depth);
        }
        depth += usize::from(opens(&operator));
    }
    let label = format!("function {index} {}", function_name(context, index)).trim_end().to_string();
    Ok(Entry { range: usize_range(body.range()), label, text })
}

fn opens(operator: &Operator) -> bool {
    use Operator::*;
    matches!(
        operator,
        Block { .. } | Loop { .. } | If { .. } | Else | Try { .. } | Catch { .. } | CatchAll | TryTable { .. }
    )
}

/// `I32Load { memarg: MemArg { align: 2, .. offset: 4 .. } }` as `i32.load align=2 offset=4`.
fn operator_text(operator: &Operator) -> String {
    if let Operator::BrTable { targets } = operator {
        let listed = targets.targets().flatten().chain([targets.default()]);
        return listed.fold(String::from("br_table"), |text, depth| format!("{text} {depth}"));
    }
    let debug = format!("{operator:?}");
    let (name, fields) = debug.split_once(' ').unwrap_or((&debug, ""));
    let mut text = String::new();
    for (i, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && i > 0 {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    let dotted = ["i32", "i64", "f32", "f64", "local", "global", "memory", "table", "ref", "data", "elem"];
    if let Some((prefix, rest)) = text.split_once('_')
        && dotted.contains(&prefix)
    {
        text = format!("{prefix}.{rest}");
    }
    for field in fields.split([',', '{', '}']) {
        let Some((key, value)) = field.split_once(':') else { continue };
        let (key, value) = (key.trim(), value.trim());
        // Memory 0, no result and fields that are not there say nothing.
        if value == "None" || value == "Empty" || value == "Memory(0)" {
            continue;
        }
        match key {
            "max_align" | "memory" | "memarg" => {}
            "align" | "offset" => text.extend([" ", key, "=", value]),
            _ => text.extend([" ", value]),
        }
    }
    text
}

fn custom_section(reader: &wasmparser::CustomSectionReader) -> Result<Section> {
    let range = usize_range(reader.data_range());
    let lines = match reader.as_known() {
        KnownCustom::Name(names) => names_text(names)?,
        KnownCustom::Linking(linking) => {
            let mut lines = Vec::new();
            for part in linking.subsections() {
                linking_text(part?, &mut lines)?;
            }
            lines
        }
        KnownCustom::Reloc(relocs) => reloc_text(&relocs)?,
        KnownCustom::Dylink0(parts) => {
            let mut lines = Vec::new();
            for part in parts {
                dylink_text(&part?, &mut lines);
            }
            lines
        }
        KnownCustom::Producers(fields) => {
            let mut lines = Vec::new();
            for field in fields {
                let field = field?;
                for value in field.values {
                    let value = value?;
                    lines.push(format!("{}: {} {}", field.name, value.name, value.version));
                }
            }
            lines
        }
        _ if reader.name() == "target_features" => features_text(reader.data_reader())?,
        _ => vec![escaped(reader.data())],
    };
    let entry = |(i, text)| Entry { range: range.clone(), label: format!("line {i}"), text };
    let entries = lines.into_iter().enumerate().map(entry).collect();
    Ok(Section { name: reader.name().to_string(), range: range.clone(), entries })
}

fn features_text(mut reader: wasmparser::BinaryReader) -> Result<Vec<String>> {
    let count = reader.read_var_u32()?;
    (0..count)
        .map(|_| {
            let prefix = char::from(reader.read_u8()?);
            Ok(format!("{prefix}{}", reader.read_string()?))
        })
        .collect()
}

fn names_text(reader: wasmparser::NameSectionReader) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for part in reader {
        let (kind, map) = match part? {
            Name::Module { name, .. } => {
                lines.push(format!("module {name}"));
                continue;
            }
            Name::Function(map) => ("func", map),
            Name::Type(map) => ("type", map),
            Name::Table(map) => ("table", map),
            Name::Memory(map) => ("memory", map),
            Name::Global(map) => ("global", map),
            Name::Element(map) => ("elem", map),
            Name::Data(map) => ("data", map),
            Name::Tag(map) => ("tag", map),
            _ => continue,
        };
        for naming in map {
            let naming = naming?;
            lines.push(format!("{kind} {} {}", naming.index, naming.name));
        }
    }
    Ok(lines)
}

/// `SymbolFlags(A | B)` as ` A B`, nothing for no flags.
fn flags_text(flags: &impl std::fmt::Debug) -> String {
    let debug = format!("{flags:?}");
    let inner = debug.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
    if inner == "0x0" { String::new() } else { format!(" [{inner}]") }
}

fn linking_text(part: Linking, lines: &mut Vec<String>) -> Result<()> {
    match part {
        Linking::SegmentInfo(map) => {
            for segment in map {
                let segment = segment?;
                let flags = flags_text(&segment.flags);
                lines.push(format!("segment {} align {}{flags}", segment.name, segment.alignment));
            }
        }
        Linking::InitFuncs(map) => {
            for init in map {
                let init = init?;
                lines.push(format!("init {} symbol {}", init.priority, init.symbol_index));
            }
        }
        Linking::ComdatInfo(map) => {
            for comdat in map {
                let comdat = comdat?;
                let mut line = format!("comdat {}:", comdat.name);
                for member in comdat.symbols {
                    let member = member?;
                    let _ = write!(line, " {:?} {}", member.kind, member.index);
                }
                lines.push(line);
            }
        }
        Linking::SymbolTable(map) => {
            for (index, symbol) in map.into_iter().enumerate() {
                lines.push(format!("symbol {index} {}", symbol_text(&symbol?)));
            }
        }
        Linking::TargetArch(arch) => lines.push(format!("arch {arch}")),
        Linking::Unknown { ty, data, .. } => lines.push(format!("subsection {ty}: {}", escaped(data))),
    }
    Ok(())
}

fn symbol_text(symbol: &SymbolInfo) -> String {
    let indexed = |kind, flags, index: &u32, name: &Option<&str>| {
        format!("{kind} {index} {}{}", name.unwrap_or("-"), flags_text(flags))
    };
    match symbol {
        SymbolInfo::Func { flags, index, name } => indexed("func", flags, index, name),
        SymbolInfo::Global { flags, index, name } => indexed("global", flags, index, name),
        SymbolInfo::Event { flags, index, name } => indexed("tag", flags, index, name),
        SymbolInfo::Table { flags, index, name } => indexed("table", flags, index, name),
        SymbolInfo::Section { flags, section } => format!("section {section}{}", flags_text(flags)),
        SymbolInfo::Data { flags, name, symbol: None } => format!("data - {name}{}", flags_text(flags)),
        SymbolInfo::Data { flags, name, symbol: Some(place) } => {
            format!("data {}+{} size {} {name}{}", place.index, place.offset, place.size, flags_text(flags))
        }
    }
}

fn reloc_text(reader: &RelocSectionReader) -> Result<Vec<String>> {
    let mut lines = vec![format!("section {}", reader.section_index())];
    for reloc in reader.entries() {
        let reloc = reloc?;
        let mut line = format!("{:#x} {:?} symbol {}", reloc.offset, reloc.ty, reloc.index);
        if reloc.addend != 0 {
            let _ = write!(line, " {:+}", reloc.addend);
        }
        lines.push(line);
    }
    Ok(lines)
}

fn dylink_text(part: &Dylink0Subsection, lines: &mut Vec<String>) {
    match part {
        Dylink0Subsection::MemInfo(info) => lines.push(format!(
            "memory {} align {} table {} align {}",
            info.memory_size, info.memory_alignment, info.table_size, info.table_alignment
        )),
        Dylink0Subsection::Needed(names) => names.iter().for_each(|name| lines.push(format!("needed {name}"))),
        Dylink0Subsection::ExportInfo(exports) => {
            exports.iter().for_each(|e| lines.push(format!("export {}{}", e.name, flags_text(&e.flags))));
        }
        Dylink0Subsection::ImportInfo(imports) => {
            imports.iter().for_each(|i| lines.push(format!("import {}.{}{}", i.module, i.field, flags_text(&i.flags))))
        }
        Dylink0Subsection::RuntimePath(paths) => paths.iter().for_each(|path| lines.push(format!("rpath {path}"))),
        Dylink0Subsection::TargetArch(arch) => lines.push(format!("arch {arch}")),
        Dylink0Subsection::Unknown { ty, data, .. } => lines.push(format!("subsection {ty}: {}", escaped(data))),
    }
}
