//! Places in the source, from the line tables of debug information.
//!
//! Addresses in the DWARF of an object count, like relocations, from the start of the code section's payload.

use crate::object::relocations::Target;
use crate::object::{Contents, Object, Relocation, Symbol, SymbolKind};
use crate::options::Options;
use crate::resolve::display_name;
use gimli::{AttributeValue, DebugLine, DebugLineOffset, EndianSlice, LineProgramHeader, LittleEndian};

type Bytes<'i> = EndianSlice<'i, LittleEndian>;

/// Who refers first to symbol `symbol` of `object`: `main (src/a.c:3)`.
pub fn user(object: &Object, contents: &Contents, symbol: u32, options: &Options) -> Option<String> {
    let refers = |relocation: &Relocation| relocation.index == symbol && relocation.kind.target() != Target::TypeIndex;
    for (local, body) in contents.bodies.iter().enumerate() {
        if let Some(relocation) = contents.body_relocations(&body).find(refers) {
            let index = object.function_imports.len() + local;
            let function = object.symbols.iter().find(|symbol| {
                symbol.kind == SymbolKind::Function && symbol.index as usize == index && !symbol.flags.is_undefined()
            });
            let name = function.map_or("a function without a name".into(), |function| {
                display_name(object.text(function.name), options.demangle)
            });
            let line = line(object, contents, Wanted::At(u64::from(relocation.offset)));
            return Some(line.map_or(name.to_string(), |line| format!("{name} ({line})")));
        }
    }
    for (index, segment) in contents.segments.iter().enumerate() {
        if let Some(relocation) = contents.segment_relocations(&segment).find(refers) {
            let offset = u64::from(relocation.offset.saturating_sub(segment.offset));
            let name = data_at(object, index as u32, offset)
                .map(|data| display_name(object.text(data.name), options.demangle));
            return Some(match name {
                Some(name) => format!("the data '{name}'"),
                None => format!("the data segment '{}'", object.text(object.info_of_segment(index).name)),
            });
        }
    }
    None
}

/// The symbol that covers an offset of a segment.
fn data_at<'o, 'i>(object: &'o Object<'i>, segment: u32, offset: u64) -> Option<&'o Symbol> {
    object.symbols.iter().find(|symbol| {
        symbol.kind == SymbolKind::Data
            && !symbol.flags.is_undefined()
            && symbol.index == segment
            && offset
                .checked_sub(object.offset_of(symbol))
                .is_some_and(|inside| inside < u64::from(object.size_of(symbol)))
    })
}

/// Where function symbol `symbol` of `object` begins: `src/a.c:3`.
pub fn definition(object: &Object, contents: &Contents, symbol: u32) -> Option<String> {
    let entry = object.symbols.get(symbol as usize)?;
    if entry.kind != SymbolKind::Function || entry.flags.is_undefined() {
        return None;
    }
    let local = (entry.index as usize).checked_sub(object.function_imports.len())?;
    let body = contents.bodies.get(local)?;
    let start = u64::from(body.offset);
    line(object, contents, Wanted::Within(start, start + u64::from(body.size)))
}

/// Which row of a line table is looked for.
#[derive(Clone, Copy)]
enum Wanted {
    /// The row that covers an address.
    At(u64),
    /// The first row from an address on, before another.
    Within(u64, u64),
}

/// The place of the wanted row: `src/a.c:3`.
fn line(object: &Object, contents: &Contents, wanted: Wanted) -> Option<String> {
    let section = |name: &str| {
        let found = contents.customs.iter().find(|custom| custom.name == name);
        EndianSlice::new(found.map_or(&[][..], |custom| custom.data), LittleEndian)
    };
    let strings = Strings { line: section(".debug_line_str"), info: section(".debug_str") };
    let lines = section(".debug_line");
    let table = DebugLine::new(lines.slice(), LittleEndian);
    let mut offset = 0;
    while offset < lines.len() {
        let width = if object.is_64 { 8 } else { 4 };
        let program = table.program(DebugLineOffset(offset), width, None, None).ok()?;
        let header = program.header();
        let length = header.unit_length().checked_add(usize::from(header.format().initial_length_size()))?;
        if let Some((file, line)) = find_row(program, wanted) {
            return Some(format!("{}:{line}", strings.path(&file.0, file.1)?));
        }
        offset = offset.checked_add(length)?;
    }
    None
}

/// The header and file number of the wanted row, and its line.
fn find_row<'i>(
    program: gimli::IncompleteLineProgram<Bytes<'i>>,
    wanted: Wanted,
) -> Option<((LineProgramHeader<Bytes<'i>>, u64), u64)> {
    let mut rows = program.rows();
    let mut before: Option<(u64, u64, u64)> = None;
    loop {
        let (header, row) = rows.next_row().ok()??;
        let (address, file) = (row.address(), row.file_index());
        let line = row.line().map_or(0, std::num::NonZero::get);
        match (wanted, before) {
            (Wanted::At(at), Some((start, file, line))) if start <= at && at < address => {
                return (line != 0).then(|| ((header.clone(), file), line));
            }
            (Wanted::Within(start, end), _) if (start..end).contains(&address) && line != 0 && !row.end_sequence() => {
                return Some(((header.clone(), file), line));
            }
            _ => {}
        }
        before = (!row.end_sequence()).then_some((address, file, line));
    }
}

/// The sections that line tables take file names from.
struct Strings<'i> {
    line: Bytes<'i>,
    info: Bytes<'i>,
}

impl<'i> Strings<'i> {
    /// The path of a file of a line table, as it was given to the compiler.
    fn path(&self, header: &LineProgramHeader<Bytes<'i>>, file: u64) -> Option<String> {
        let entry = header.file(file)?;
        let name = self.text(entry.path_name())?;
        // Folder 0 is where the compiler ran.
        let folder = match entry.directory_index() {
            0 => None,
            _ => entry.directory(header).and_then(|folder| self.text(folder)),
        };
        Some(match folder {
            Some(folder) if !name.starts_with('/') => format!("{folder}/{name}"),
            _ => name,
        })
    }

    fn text(&self, value: AttributeValue<Bytes<'i>>) -> Option<String> {
        let from = |section: &Bytes<'i>, offset: usize| {
            let bytes = section.slice().get(offset..)?;
            let end = memchr::memchr(0, bytes)?;
            Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
        };
        match value {
            AttributeValue::String(text) => Some(text.to_string_lossy().into_owned()),
            AttributeValue::DebugLineStrRef(offset) => from(&self.line, offset.0),
            AttributeValue::DebugStrRef(offset) => from(&self.info, offset.0),
            _ => None,
        }
    }
}
