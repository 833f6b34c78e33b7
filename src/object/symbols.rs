//! The reader of the `linking` section. Spec: tool-conventions, Linking.md, "Linking Metadata Section".

use super::linking::{NO_COMDAT, NO_SYMBOL, SEGMENT_TLS, SegmentInfo};
use super::reader::Reader;
use super::*;
use crate::diagnostic::Diagnostic;
use crate::leb;

const VERSION: u32 = 2;
const SEGMENT_INFO: u8 = 5;
const INIT_FUNCS: u8 = 6;
const COMDAT_INFO: u8 = 7;
const SYMBOL_TABLE: u8 = 8;

/// The smallest encoding of a symbol: kind, flags, index.
const SYMBOL_SIZE_MIN: usize = 3;
/// The smallest encoding of a segment's info: empty name, alignment, flags.
const SEGMENT_INFO_SIZE_MIN: usize = 3;
/// The smallest encoding of a comdat: name of one byte, flags, count.
const COMDAT_SIZE_MIN: usize = 4;
const COMDAT_NAME: &str = "the name of a COMDAT";
/// Alignments are powers of two of a 64-bit address.
const ALIGNMENT_MAX: u32 = 63;

impl<'i> Object<'i> {
    /// Reads the `linking` section; all index spaces must be known.
    pub(super) fn read_linking(&mut self, mut reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        let version = reader.u32("a version")?;
        if version != VERSION {
            let message = format!("unexpected metadata version: {version} (Expected: {VERSION})");
            return Err(reader.error_at(0, message));
        }
        let mut init_functions = None;
        while reader.remaining() > 0 {
            let kind = reader.byte("the kind of a subsection")?;
            let size = reader.u32("the size of a subsection")? as usize;
            let part = reader.part(size, "a subsection")?;
            match kind {
                SYMBOL_TABLE => self.read_symbols(part)?,
                SEGMENT_INFO => self.read_segment_info(part)?,
                INIT_FUNCS => init_functions = Some(part),
                COMDAT_INFO => self.read_comdats(part)?,
                _ => {}
            }
        }
        // They refer to symbols, which may come later.
        init_functions.map_or(Ok(()), |part| self.read_init_functions(part))
    }

    fn read_symbols(&mut self, mut reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        let count = reader.count("a number of symbols", SYMBOL_SIZE_MIN)?;
        if !self.symbols.is_empty() {
            return Err(reader.error_at(0, "expected one symbol table, found a second"));
        }
        self.symbols.reserve_exact(count as usize);
        let mut at = reader.position();
        for _ in 0..count {
            let symbol = match self.usual_symbol(&reader, at) {
                Some((symbol, end)) => {
                    at = end;
                    symbol
                }
                None => {
                    reader.seek(at);
                    let symbol = self.read_symbol(&mut reader)?;
                    at = reader.position();
                    symbol
                }
            };
            self.symbols.push(symbol);
        }
        reader.seek(at);
        reader.finish("the symbol table")
    }

    /// The symbol at `at`, and where it ends, if it is good and of the usual sort: a function or data, with an ASCII name
    /// and numbers of at most four bytes, and not next to the end. [`Self::read_symbol`] reads all sorts.
    #[inline(always)]
    fn usual_symbol(&self, reader: &Reader<'i, '_>, at: usize) -> Option<(Symbol, usize)> {
        const FUNCTION: u8 = SymbolKind::Function as u8;
        const DATA: u8 = SymbolKind::Data as u8;
        let &[kind, ref flags @ ..] = reader.bytes().get(at..)?.first_chunk::<5>()?;
        let (flags, width) = leb::short(u32::from_le_bytes(*flags))?;
        let (flags, at) = (SymbolFlags(flags as u16), at + 1 + width);
        match kind {
            FUNCTION => self.usual_function(reader, at, flags),
            DATA => self.usual_data(reader, at, flags),
            _ => None,
        }
    }

    /// The rest of a function's symbol.
    #[inline(always)]
    fn usual_function(&self, reader: &Reader<'i, '_>, at: usize, flags: SymbolFlags) -> Option<(Symbol, usize)> {
        let (index, width) = leb::short_at(reader.bytes(), at)?;
        let at = at + width;
        let import = self.function_imports.get(index as usize);
        if import.is_some() != flags.is_undefined() || index as usize >= self.function_count() {
            return None;
        }
        let (name, end) = match import {
            Some(import) if !flags.has(SymbolFlags::EXPLICIT_NAME) => (self.field_of(import.names), at),
            _ => (reader.place_of(at), reader.end_of_ascii(at)?),
        };
        Some((Symbol { name, flags, index, place: 0, kind: SymbolKind::Function }, end))
    }

    /// The rest of a data symbol.
    #[inline(always)]
    fn usual_data(&self, reader: &Reader<'i, '_>, at: usize, flags: SymbolFlags) -> Option<(Symbol, usize)> {
        let mut symbol = Symbol { name: reader.place_of(at), flags, index: 0, place: 0, kind: SymbolKind::Data };
        let mut end = reader.end_of_ascii(at)?;
        if !flags.is_undefined() {
            let (mut offset, mut size) = (0, 0);
            for number in [&mut symbol.index, &mut offset, &mut size] {
                let (value, width) = leb::short_at(reader.bytes(), end)?;
                *number = value;
                end += width;
            }
            if offset != 0 || flags.has(SymbolFlags::ABSOLUTE) || symbol.index >= self.segment_count {
                return None;
            }
            symbol.place = Self::near_place(size)?;
        }
        Some((symbol, end))
    }

    fn read_symbol(&mut self, reader: &mut Reader<'i, '_>) -> Result<Symbol, Diagnostic> {
        let start = reader.position();
        let code = reader.byte("the kind of a symbol")?;
        let Some(kind) = SymbolKind::from_code(code) else {
            return Err(reader.error_at(start, format!("invalid symbol type: {code}")));
        };
        let flags = SymbolFlags(reader.u32("the flags of a symbol")? as u16);
        match kind {
            SymbolKind::Data => self.read_data_symbol(reader, flags),
            SymbolKind::Section => self.read_section_symbol(reader, flags),
            _ => self.read_indexed_symbol(reader, kind, flags),
        }
    }

    /// Functions, globals, tags and tables: an index, then a name unless the import gives it.
    fn read_indexed_symbol(
        &self,
        reader: &mut Reader<'i, '_>,
        kind: SymbolKind,
        flags: SymbolFlags,
    ) -> Result<Symbol, Diagnostic> {
        let start = reader.position();
        let index = reader.u32("the index of a symbol")?;
        let (imports, count, message) = match kind {
            SymbolKind::Function => {
                (self.function_imports.len(), self.function_count(), "invalid function symbol index")
            }
            SymbolKind::Global => (self.global_imports.len(), self.global_count(), "invalid global symbol index"),
            SymbolKind::Tag => (self.tag_imports.len(), self.tag_count(), "invalid tag symbol index"),
            _ => (self.table_imports.len(), self.table_count(), "invalid table symbol index"),
        };
        let is_import = (index as usize) < imports;
        if index as usize >= count || is_import != flags.is_undefined() {
            return Err(reader.error_at(start, message));
        }
        if is_import && flags.is_weak() && kind != SymbolKind::Function {
            let what = if kind == SymbolKind::Table { "table" } else { "global" };
            return Err(reader.error_at(start, format!("undefined weak {what} symbol")));
        }
        let mut symbol = Symbol { name: reader.place(), flags, index, place: 0, kind };
        if !is_import || flags.has(SymbolFlags::EXPLICIT_NAME) {
            reader.name("the name of a symbol")?;
        } else if let Some(names) = self.import_of(&symbol) {
            symbol.name = self.field_of(names);
        }
        Ok(symbol)
    }

    fn read_data_symbol(&mut self, reader: &mut Reader<'i, '_>, flags: SymbolFlags) -> Result<Symbol, Diagnostic> {
        let name = reader.place();
        reader.name("the name of a data symbol")?;
        let mut symbol = Symbol { name, flags, index: 0, place: 0, kind: SymbolKind::Data };
        if flags.is_undefined() {
            return Ok(symbol);
        }
        let start = reader.position();
        let index = reader.u32("the segment of a data symbol")?;
        let offset = reader.u64("the offset of a data symbol")?;
        let size_start = reader.position();
        let size = reader.u64("the size of a data symbol")?;
        let size = u32::try_from(size)
            .map_err(|_| reader.error_at(size_start, format!("expected a size below 4 GiB, found {size}")))?;
        symbol.place = self.keep_place(offset, size);
        if !flags.has(SymbolFlags::ABSOLUTE) {
            if index >= self.segment_count {
                return Err(reader.error_at(start, format!("invalid data segment index: {index}")));
            }
            symbol.index = index;
        }
        Ok(symbol)
    }

    fn read_section_symbol(&self, reader: &mut Reader<'i, '_>, flags: SymbolFlags) -> Result<Symbol, Diagnostic> {
        let start = reader.position();
        if !flags.is_local() {
            return Err(reader.error("section symbols must have local binding"));
        }
        let index = reader.u32("the index of a section symbol")?;
        let count = self.sections.len();
        if index as usize >= count {
            return Err(reader.error_at(start, format!("expected one of {count} sections, found section {index}")));
        }
        let name = self.sections.name_of(index as usize);
        Ok(Symbol { name, flags, index, place: 0, kind: SymbolKind::Section })
    }

    fn read_segment_info(&mut self, mut reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        let count = reader.count("a number of segment names", SEGMENT_INFO_SIZE_MIN)?;
        if count > self.segment_count || !self.segment_info.is_empty() {
            return Err(reader.error_at(0, "too many segment names"));
        }
        let mut infos = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let at = reader.place();
            let name = reader.name("the name of a segment")?;
            let start = reader.position();
            let alignment = reader.u32("the alignment of a segment")?;
            if alignment > ALIGNMENT_MAX {
                let message = format!("expected an alignment of at most 2**{ALIGNMENT_MAX}, found 2**{alignment}");
                return Err(reader.error_at(start, message));
            }
            let mut flags = reader.u32("the flags of a segment")?;
            // Objects older than the flag say it by name only.
            if name.starts_with(b".tdata") || name.starts_with(b".tbss") {
                flags |= SEGMENT_TLS;
            }
            infos.push(SegmentInfo { name: at, alignment: alignment as u8, flags });
        }
        self.segment_info = infos.into();
        reader.finish("the segment names")
    }

    fn read_init_functions(&mut self, mut reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        let count = reader.count("a number of init functions", 2)?;
        let mut init_functions = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let priority = reader.u32("the priority of an init function")?;
            let start = reader.position();
            let symbol = reader.u32("the symbol of an init function")?;
            if self.symbols.get(symbol as usize).is_none_or(|symbol| symbol.kind != SymbolKind::Function) {
                return Err(reader.error_at(start, format!("invalid function symbol: {symbol}")));
            }
            init_functions.push(InitFunction { priority, symbol });
        }
        self.init_functions = init_functions.into();
        reader.finish("the init functions")
    }

    fn read_comdats(&mut self, mut reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        let count = reader.count("a number of COMDATs", COMDAT_SIZE_MIN)?;
        if !self.comdats.is_empty() {
            return Err(reader.error_at(0, "expected one list of COMDATs, found a second"));
        }
        let mut comdats = Vec::with_capacity(count as usize);
        let owners = Owners::new(self);
        for group in 0..count {
            let (start, name) = (reader.position(), reader.place());
            let bytes = reader.counted(COMDAT_NAME)?;
            let name_start = reader.position() - bytes.len();
            let owner = self.read_comdat_entries(&mut reader, group, &owners);
            let symbol = owner.as_ref().copied().unwrap_or(NO_SYMBOL);
            let comdat = match self.symbols.get(symbol as usize) {
                // The usual case: the text has been checked, and will be interned, as the symbol's name.
                Some(owner) if self.text_bytes(owner.name) == bytes => Comdat { name, symbol },
                _ => {
                    reader.text(bytes, name_start, COMDAT_NAME)?;
                    Comdat { name, symbol: NO_SYMBOL }
                }
            };
            if bytes.is_empty() {
                return Err(reader.error_at(start, "bad/duplicate COMDAT name "));
            }
            owner?;
            comdats.push(comdat);
        }
        self.comdats = comdats.into();
        reader.finish("the COMDATs")
    }

    /// Reads what is in the group `group`; returns the symbol of the first entry, or [`NO_SYMBOL`].
    fn read_comdat_entries(
        &mut self,
        reader: &mut Reader<'i, '_>,
        group: u32,
        owners: &Owners,
    ) -> Result<u32, Diagnostic> {
        let start = reader.position();
        if reader.u32("the flags of a COMDAT")? != 0 {
            return Err(reader.error_at(start, "unsupported COMDAT flags"));
        }
        let mut owner = None;
        for _ in 0..reader.count("a number of COMDAT entries", 2)? {
            let symbol = self.read_comdat_entry(reader, group, owners)?;
            owner.get_or_insert(symbol);
        }
        Ok(owner.unwrap_or(NO_SYMBOL))
    }

    /// Reads one of the entries of the group `group`; returns its symbol, or [`NO_SYMBOL`].
    fn read_comdat_entry(
        &mut self,
        reader: &mut Reader<'i, '_>,
        group: u32,
        owners: &Owners,
    ) -> Result<u32, Diagnostic> {
        let start = reader.position();
        let kind = reader.u32("the kind of a COMDAT entry")?;
        let index = reader.u32("the index of a COMDAT entry")? as usize;
        let (index, len, table, owners, range_message, twice_message) = match kind {
            0 => (
                Some(index),
                self.segment_count as usize,
                &mut self.segment_comdats,
                &owners.segments[..],
                "COMDAT data index out of range",
                "data segment in two COMDATs",
            ),
            1 => (
                index.checked_sub(self.function_imports.len()),
                self.functions.len(),
                &mut self.function_comdats,
                &owners.functions[..],
                "COMDAT function index out of range",
                "function in two COMDATs",
            ),
            5 => (
                Some(index),
                self.sections.len(),
                &mut self.section_comdats,
                &[][..],
                "COMDAT section index out of range",
                "section in two COMDATs",
            ),
            _ => return Err(reader.error_at(start, "invalid COMDAT entry type")),
        };
        let Some(index) = index.filter(|&index| index < len) else {
            return Err(reader.error_at(start, range_message));
        };
        if kind == 5 && self.sections.id(index) != header::id::CUSTOM {
            return Err(reader.error_at(start, "non-custom section in a COMDAT"));
        }
        if table.is_empty() {
            *table = vec![NO_COMDAT; len].into();
        }
        if table[index] != NO_COMDAT {
            return Err(reader.error_at(start, twice_message));
        }
        table[index] = group;
        Ok(owners.get(index).copied().unwrap_or(NO_SYMBOL))
    }
}

/// The first symbol of each defined function and of each data segment, or [`NO_SYMBOL`].
struct Owners {
    functions: Vec<u32>,
    segments: Vec<u32>,
}

impl Owners {
    fn new(object: &Object<'_>) -> Self {
        let functions = object.first_function_symbols();
        let mut segments = vec![NO_SYMBOL; object.segment_count as usize];
        for (i, symbol) in object.symbols.iter().enumerate().rev() {
            // Of other data symbols than placed ones the index is 0.
            if symbol.kind == SymbolKind::Data
                && let Some(first) = segments.get_mut(symbol.index as usize)
            {
                *first = i as u32;
            }
        }
        Self { functions, segments }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn every_kind_of_symbol() {
        let bytes = Sample::whole().bytes();
        let object = Object::parse("a.o", &bytes).unwrap();
        let symbols: Vec<_> =
            object.symbols.iter().map(|symbol| (symbol.kind, object.text(symbol.name), symbol.index)).collect();
        let expected = [
            (SymbolKind::Function, "imported", 0),
            (SymbolKind::Function, "defined", 2),
            (SymbolKind::Function, "explicit", 1),
            (SymbolKind::Data, "data", 1),
            (SymbolKind::Data, "missing", 0),
            (SymbolKind::Global, "__stack_pointer", 0),
            (SymbolKind::Global, "global", 1),
            (SymbolKind::Table, "__indirect_function_table", 0),
            (SymbolKind::Tag, "tag", 0),
            (SymbolKind::Section, ".debug_x", DEBUG_SECTION as u32),
            (SymbolKind::Data, "absolute", 0),
            (SymbolKind::Function, "other", 3),
        ];
        assert_eq!(symbols, expected);
        assert_eq!((object.offset_of(&object.symbols[3]), object.size_of(&object.symbols[3])), (2, 2));
        assert_eq!((object.offset_of(&object.symbols[10]), object.size_of(&object.symbols[10])), (0x1000, 4));
    }

    #[test]
    fn segments_init_functions_and_comdats() {
        let bytes = Sample::whole().bytes();
        let object = Object::parse("a.o", &bytes).unwrap();
        let infos: Vec<_> =
            object.segment_info.iter().map(|info| (object.text(info.name), info.alignment, info.flags)).collect();
        assert_eq!(infos, [(".rodata.a", 2, 1), (".tdata.b", 3, SEGMENT_TLS)]);
        assert_eq!((object.init_functions[0].priority, object.init_functions[0].symbol), (100, 1));
        assert_eq!(object.text(object.comdats[0].name), "group");
        assert_eq!((object.function_comdats, object.segment_comdats), ([0, NO_COMDAT].into(), [NO_COMDAT, 0].into()));
        assert_eq!(object.section_comdats.iter().position(|&group| group == 0), Some(DEBUG_SECTION as usize));
    }

    #[track_caller]
    fn check(subsections: &[(u8, Vec<u8>)], message: &str) {
        assert_eq!(Sample::whole().with("linking", linking(subsections)).error(), message);
    }

    #[test]
    fn broken_symbols() {
        let symbol = |bytes: &[u8], message| check(&[(8, list(&[bytes]))], message);
        symbol(&[6, 0, 0], "invalid symbol type: 6");
        symbol(&[0, 0x10, 2], "invalid function symbol index");
        symbol(&counted(&[0, 0, 1], "f", &[]), "invalid function symbol index");
        symbol(&counted(&[0, 0, 4], "f", &[]), "invalid function symbol index");
        symbol(&counted(&[2, 0, 2], "g", &[]), "invalid global symbol index");
        symbol(&[2, 0x11, 0], "undefined weak global symbol");
        symbol(&[5, 0x11, 0], "undefined weak table symbol");
        symbol(&counted(&[4, 0, 1], "t", &[]), "invalid tag symbol index");
        symbol(&counted(&[5, 0, 2], "t", &[]), "invalid table symbol index");
        symbol(&[3, 0, 0], "section symbols must have local binding");
        symbol(&[3, 2, 19], "expected one of 19 sections, found section 19");
        symbol(&counted(&[1, 0], "d", &[2, 0, 0]), "invalid data segment index: 2");
        let size = &[1, 0, 0x80, 0x80, 0x80, 0x80, 0x10];
        symbol(&counted(&[1, 0], "d", size), "expected a size below 4 GiB, found 4294967296");
        let message = "invalid data symbol offset: `d` (offset: 9 segment size: 8)";
        symbol(&counted(&[1, 0], "d", &[1, 9, 0]), message);
        check(&[(8, vec![1, 0, 0x10])], "expected a number of symbols, found 1, more than the section can hold");
        check(&[(8, vec![1, 0, 0x10, 0, 0])], "expected the end of the symbol table, found 1 more bytes");
        check(&[(8, symbols()), (8, symbols())], "expected one symbol table, found a second");
    }

    #[test]
    fn broken_segment_info_and_init_functions() {
        let info = counted(&[], "s", &[0, 0]);
        check(&[(5, list(&[&info, &info, &info]))], "too many segment names");
        let message = "expected an alignment of at most 2**63, found 2**64";
        check(&[(5, list(&[&counted(&[], "s", &[64, 0])]))], message);
        check(&[(8, symbols()), (6, list(&[&[1, symbol::DATA]]))], "invalid function symbol: 3");
        check(&[(6, list(&[&[1, 0]]))], "invalid function symbol: 0");
    }

    #[test]
    fn broken_comdats() {
        let group = |entries: &[u8]| list(&[&counted(&[], "g", &[&[0], entries].concat())]);
        check(&[(7, list(&[&counted(&[], "", &[0, 0, 0])]))], "bad/duplicate COMDAT name ");
        check(&[(7, list(&[&counted(&[], "g", &[1, 0])]))], "unsupported COMDAT flags");
        check(&[(7, group(&[1, 2, 0]))], "invalid COMDAT entry type");
        check(&[(7, group(&[1, 0, 2]))], "COMDAT data index out of range");
        check(&[(7, group(&[1, 1, 1]))], "COMDAT function index out of range");
        check(&[(7, group(&[1, 1, 4]))], "COMDAT function index out of range");
        check(&[(7, group(&[1, 5, 19]))], "COMDAT section index out of range");
        check(&[(7, group(&[1, 5, CODE_SECTION]))], "non-custom section in a COMDAT");
        check(&[(7, group(&[2, 1, 2, 1, 2]))], "function in two COMDATs");
        check(&[(7, group(&[2, 0, 0, 0, 0]))], "data segment in two COMDATs");
    }

    #[test]
    fn other_versions_are_refused() {
        let sample = Sample::whole().with("linking", [1]);
        assert_eq!(sample.error(), "unexpected metadata version: 1 (Expected: 2)");
    }
}
