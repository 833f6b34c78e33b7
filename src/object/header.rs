//! The part of an object that resolution needs.

use super::reader::Reader;
use super::section::SectionList;
use super::*;
use crate::diagnostic::{Diagnostic, Site};

/// An imported function or tag.
#[derive(Clone, Copy, Debug)]
pub struct TypedImport {
    /// Where its names are; [`Object::names_of`] reads them.
    pub names: ImportNames,
    /// Index into `Object::types`, checked.
    pub ty: u32,
}

/// An imported global.
#[derive(Clone, Copy, Debug)]
pub struct GlobalImport {
    /// Where its names are; [`Object::names_of`] reads them.
    pub names: ImportNames,
    /// Its type.
    pub ty: GlobalType,
}

/// An imported table.
#[derive(Clone, Copy, Debug)]
pub struct TableImport {
    /// Where its names are; [`Object::names_of`] reads them.
    pub names: ImportNames,
    /// Its type.
    pub ty: TableType,
}

/// Where the module and the field of an import stand in its object; [`Object::names_of`] reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportNames(pub(super) NameAt);

/// Types, imports, index spaces and linking metadata of one object.
#[derive(Debug, Default)]
pub struct Object<'i> {
    /// The file as messages show it: `a.o` or `libc.a(printf.o)`.
    pub name: &'i str,
    /// All sections in file order; a section symbol's and a relocation section's index counts in here.
    pub sections: Sections<'i>,
    /// The names, if the object was no file: a [`NameAt`] then counts in here.
    pub(super) texts: Vec<&'i str>,
    /// Function types.
    pub types: Box<[Signature<'i>]>,
    /// Imported functions: the start of the function index space.
    pub function_imports: Vec<TypedImport>,
    /// Imported globals: the start of the global index space.
    pub global_imports: Vec<GlobalImport>,
    /// Imported tables: the start of the table index space.
    pub table_imports: Vec<TableImport>,
    /// Imported tags: the start of the tag index space.
    pub tag_imports: Vec<TypedImport>,
    /// How many memories there are, imports included.
    pub memory_count: u32,
    /// Whether a memory (imported or defined) is 64-bit.
    pub is_64: bool,
    /// Type of each defined function: an index into `types`, checked.
    pub functions: Box<[u32]>,
    /// Defined tables.
    pub tables: Vec<TableType>,
    /// Defined globals.
    pub globals: Vec<Global<'i>>,
    /// Type of each defined tag: an index into `types`, checked.
    pub tags: Vec<u32>,
    /// The export section.
    pub exports: Box<[Export]>,
    /// How many data segments the `data` section announces in its first count.
    pub segment_count: u32,
    /// Whether there is a `linking` section: without one this is no relocatable object.
    pub has_linking: bool,
    /// Whether the file begins with a `dylink` or `dylink.0` section: a shared library.
    pub is_shared: bool,
    /// Whether its functions are MIR ([`crate::mir::file`]).
    pub is_mir: bool,
    /// The symbol table, in file order.
    pub symbols: Vec<Symbol>,
    /// Offsets and sizes of data symbols that [`Symbol`] has no room for.
    pub(super) places: Vec<(u64, u32)>,
    /// Name, alignment (log2) and flags of each segment: the WASM_SEGMENT_INFO subsection.
    pub segment_info: Box<[linking::SegmentInfo]>,
    /// Functions to call at start-up: the WASM_INIT_FUNCS subsection.
    pub init_functions: Box<[InitFunction]>,
    /// Comdat groups: the WASM_COMDAT_INFO subsection.
    pub comdats: Box<[Comdat]>,
    /// For each defined function its group in `comdats`, or [`linking::NO_COMDAT`]; empty if no function has one.
    pub function_comdats: Box<[u32]>,
    /// The same for each data segment.
    pub segment_comdats: Box<[u32]>,
    /// The same for each entry of `sections`.
    pub section_comdats: Box<[u32]>,
}

/// Section ids. Spec: WebAssembly core, "Sections".
pub mod id {
    /// Custom sections: a name, then anything.
    pub const CUSTOM: u8 = 0;
    /// Function types.
    pub const TYPE: u8 = 1;
    /// Imports.
    pub const IMPORT: u8 = 2;
    /// Types of the functions.
    pub const FUNCTION: u8 = 3;
    /// Tables.
    pub const TABLE: u8 = 4;
    /// Memories.
    pub const MEMORY: u8 = 5;
    /// Globals.
    pub const GLOBAL: u8 = 6;
    /// Exports.
    pub const EXPORT: u8 = 7;
    /// The start function.
    pub const START: u8 = 8;
    /// Element segments.
    pub const ELEMENT: u8 = 9;
    /// Function bodies.
    pub const CODE: u8 = 10;
    /// Data segments.
    pub const DATA: u8 = 11;
    /// The number of data segments.
    pub const DATA_COUNT: u8 = 12;
    /// Exception tags.
    pub const TAG: u8 = 13;
}

/// The sections other than custom ones, in the order in which they must come.
const ORDER: [u8; 13] = [
    id::TYPE,
    id::IMPORT,
    id::FUNCTION,
    id::TABLE,
    id::MEMORY,
    id::TAG,
    id::GLOBAL,
    id::EXPORT,
    id::START,
    id::ELEMENT,
    id::DATA_COUNT,
    id::CODE,
    id::DATA,
];

/// The place of each id in [`ORDER`]. That of custom sections depends on their names.
const RANKS: [usize; ORDER.len() + 1] = {
    let mut ranks = [0; ORDER.len() + 1];
    let mut rank = 0;
    while rank < ORDER.len() {
        ranks[ORDER[rank] as usize] = rank;
        rank += 1;
    }
    ranks
};

impl<'i> Object<'i> {
    /// Reads the header part of the object `bytes`, called `name` in messages.
    ///
    /// Skips over sections that resolution does not need without touching their bytes.
    ///
    /// # Errors
    /// A diagnostic that names the file, section and offset of what breaks the format.
    pub fn parse(name: &'i str, bytes: &'i [u8]) -> Result<Self, Diagnostic> {
        let sections = walk(name, bytes)?;
        let is_shared = sections.get(0).is_some_and(|first| first.id == id::CUSTOM && is_dylink(first.name));
        let mut object = Object { name, sections, is_shared, ..Object::default() };
        for index in 0..object.sections.len() {
            if object.sections.id(index) != id::CUSTOM
                && let Some(section) = object.sections.get(index)
            {
                object.read_section(section.id, section.reader(name))?;
            }
        }
        // Symbols refer to every index space, wherever their section stands.
        if let Some((_, section)) = object.sections.with_name("linking") {
            object.has_linking = true;
            object.read_linking(section.reader(name))?;
            object.open_gate()?;
        }
        if object.is_shared && !object.has_linking {
            object.symbols = object.exported_symbols();
        }
        Ok(object)
    }

    fn read_section(&mut self, id: u8, reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        match id {
            id::TYPE => self.read_types(reader),
            id::IMPORT => self.read_imports(reader),
            id::FUNCTION => self.read_functions(reader),
            id::TABLE => self.read_tables(reader),
            id::MEMORY => self.read_memories(reader),
            id::TAG => self.read_tags(reader),
            id::GLOBAL => self.read_globals(reader),
            id::EXPORT => self.read_exports(reader),
            id::DATA => self.read_segment_count(reader),
            _ => Ok(()),
        }
    }

    /// The section with the id `id`, which is not [`id::CUSTOM`].
    pub fn section(&self, id: u8) -> Option<Section<'i>> {
        self.sections.with_id(id)
    }
    /// The place `offset` bytes into the payload of `section`, for messages.
    pub fn site(&self, section: &Section<'i>, offset: u64) -> Site {
        let offset = section.offset as u64 + offset;
        Site { file: self.name.to_owned(), section: section.label().to_owned(), offset }
    }
    /// The number of functions, imports included.
    pub fn function_count(&self) -> usize {
        self.function_imports.len() + self.functions.len()
    }
    /// The number of globals, imports included.
    pub fn global_count(&self) -> usize {
        self.global_imports.len() + self.globals.len()
    }
    /// The number of tables, imports included.
    pub fn table_count(&self) -> usize {
        self.table_imports.len() + self.tables.len()
    }
    /// The number of tags, imports included.
    pub fn tag_count(&self) -> usize {
        self.tag_imports.len() + self.tags.len()
    }
}

/// Whether a custom section `name` in the first place makes its file a shared library.
fn is_dylink(name: &str) -> bool {
    name == "dylink.0" || name == "dylink"
}

/// The place of a custom section among those of [`ORDER`], if it has one. `reloc.*` may stand anywhere behind what it
/// is about.
fn custom_rank(name: &[u8]) -> Option<usize> {
    let place = match name {
        b"linking" => 0,
        b"name" => 1,
        b"producers" => 2,
        b"target_features" => 3,
        _ => return None,
    };
    Some(ORDER.len() + place)
}

/// Sections that most objects have at most, if they have no debug information.
const SECTIONS_USUAL: usize = 16;

/// Splits a file into its sections. Reads their headers only.
pub(crate) fn walk<'i>(file: &str, bytes: &'i [u8]) -> Result<Sections<'i>, Diagnostic> {
    let mut reader = Reader::new(file, "", bytes, 0);
    if bytes.len() > u32::MAX as usize {
        return Err(reader.error("expected an object of less than 4 GiB"));
    }
    if !bytes.starts_with(b"\0asm") {
        return Err(reader.error("invalid magic number"));
    }
    reader.seek(4);
    if let Some((version, _)) = reader.take(4, "a version")?.split_first_chunk::<4>()
        && *version != [1, 0, 0, 0]
    {
        return Err(reader.error_at(4, format!("invalid version number: {}", u32::from_le_bytes(*version))));
    }
    let mut sections = SectionList::with_capacity(SECTIONS_USUAL);
    let mut rank_min = 0;
    while reader.remaining() > 0 {
        let start = reader.position();
        let id = reader.byte("a section id")?;
        let size = reader.u32("a section size")? as usize;
        if size > reader.remaining() {
            return Err(reader.error_at(start, "section too large"));
        }
        let end = reader.position() + size;
        let mut part = reader.part(size, "a section")?;
        let (at, name) = match id {
            id::CUSTOM => (part.place(), part.name("the name of a custom section")?),
            _ => (NameAt::NONE, &[][..]),
        };
        let rank =
            match id {
                id::CUSTOM => custom_rank(name),
                _ => Some(RANKS.get(id as usize).copied().ok_or_else(|| {
                    reader.error_at(start, format!("expected a section id of at most 13, found {id}"))
                })?),
            };
        if let Some(rank) = rank {
            if rank < rank_min {
                return Err(reader.error_at(start, format!("out of order section type: {id}")));
            }
            rank_min = rank + 1;
        }
        sections.push(id, at, end - part.remaining()..end);
    }
    Ok(sections.finish(bytes))
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_index_spaces_and_symbols_of_a_whole_object() {
        let bytes = Sample::whole().bytes();
        let object = Object::parse("a.o", &bytes).unwrap();
        assert_eq!(object.types[..], [Signature::EMPTY, Signature(&[1, 0x7f, 2, 0x7e, 0x70])]);
        assert_eq!((object.types[1].params(), object.types[1].results()), (&[0x7f][..], &[0x7e, 0x70][..]));
        assert_eq!((object.function_count(), &object.functions[..]), (4, &[0, 1][..]));
        assert_eq!(object.names_of(object.function_imports[1].names).1, "field");
        let table = TableType { element: 0x6f, flags: 1, minimum: 0, maximum: 5 };
        assert_eq!((object.table_imports.len(), object.tables.as_slice()), (1, &[table][..]));
        assert_eq!((object.memory_count, object.is_64, object.tags.as_slice()), (1, false, &[0][..]));
        assert_eq!(object.global_imports[0].ty, GlobalType { value_type: 0x7f, mutable: true });
        assert_eq!(object.globals[0].init, InitExpr(&[0x41, 7, 0x0b]));
        assert_eq!(
            (object.text(object.exports[0].name), object.exports[0].kind, object.exports[0].index),
            ("run", 0, 2)
        );
        assert_eq!((object.segment_count, object.has_linking, object.is_shared), (2, true, false));
        assert_eq!(object.sections.get(DEBUG_SECTION as usize).unwrap().bytes, [0; 8]);
        assert_eq!(object.section(id::CODE).unwrap().label(), "CODE");
    }

    #[test]
    fn broken_headers() {
        let parse = |bytes: &[u8]| Object::parse("a.o", bytes).unwrap_err().to_string();
        assert_eq!(parse(b""), "a.o:(0x0): invalid magic number");
        assert_eq!(parse(b"\0asm\x0d\0\x01\0"), "a.o:(0x4): invalid version number: 65549");
        assert_eq!(parse(b"\0asm\x01\0\0\0\x01\x02\0"), "a.o:(0x8): section too large");
        assert_eq!(parse(b"\0asm\x01\0\0\0\x0e\0"), "a.o:(0x8): expected a section id of at most 13, found 14");
        let disordered = b"\0asm\x01\0\0\0\x02\x01\0\x01\x01\0";
        assert_eq!(parse(disordered), "a.o:(0xb): out of order section type: 1");
        let twice = b"\0asm\x01\0\0\0\x01\x01\0\x01\x01\0";
        assert_eq!(parse(twice), "a.o:(0xb): out of order section type: 1");
    }

    #[test]
    fn only_the_first_section_makes_a_shared_library() {
        for (sections, is_shared) in [(["dylink.0", "x"], true), (["dylink", "x"], true), (["x", "dylink.0"], false)] {
            let sections = sections.map(|name| (id::CUSTOM, name, Vec::new())).to_vec();
            let bytes = Sample { sections }.bytes();
            let object = Object::parse("a.so", &bytes).unwrap();
            assert_eq!((object.is_shared, object.has_linking), (is_shared, false));
        }
    }

    #[test]
    fn custom_sections_of_the_format_come_last_and_in_order() {
        let order = |names: &[&'static str]| {
            let mut sections = vec![(id::TYPE, "", vec![0])];
            sections.extend(names.iter().map(|name| (id::CUSTOM, *name, vec![2, 0])));
            let bytes = Sample { sections }.bytes();
            walk("a.o", &bytes).is_ok()
        };
        for good in
            [&["linking", "reloc.CODE", "name", "producers", "target_features"][..], &["x", "name", "reloc.CODE"]]
        {
            assert!(order(good), "{good:?}");
        }
        for bad in
            [["linking", "linking"], ["name", "linking"], ["producers", "name"], ["target_features", "producers"]]
        {
            assert!(!order(&bad), "{bad:?}");
        }
        let sections = vec![(id::CUSTOM, "name", Vec::new()), (id::TYPE, "", vec![0])];
        let error = walk("a.o", &Sample { sections }.bytes()).unwrap_err();
        assert_eq!(error.to_string(), "a.o:(0xf): out of order section type: 1");
    }

    #[test]
    fn the_exports_of_a_shared_library_are_its_symbols() {
        // Functions keep their index; globals are addresses, hence data; a memory is no symbol.
        let exports = vec![3, 1, b'f', 0, 0, 1, b'd', 3, 0, 1, b'm', 2, 0];
        let sections = vec![
            (id::CUSTOM, "dylink.0", Vec::new()),
            (id::TYPE, "", vec![1, 0x60, 0, 0]),
            (id::FUNCTION, "", vec![1, 0]),
            (id::MEMORY, "", vec![1, 0, 0]),
            (id::GLOBAL, "", vec![1, 0x7f, 0, 0x41, 7, 0x0b]),
            (id::EXPORT, "", exports),
        ];
        let bytes = Sample { sections }.bytes();
        let object = Object::parse("a.so", &bytes).unwrap();
        let symbols: Vec<_> =
            object.symbols.iter().map(|symbol| (object.text(symbol.name), symbol.kind, symbol.index)).collect();
        assert_eq!(symbols, [("f", SymbolKind::Function, 0), ("d", SymbolKind::Data, 0)]);
        assert!(object.symbols.iter().all(|symbol| symbol.flags.0 == 0));
    }

    #[test]
    fn no_damage_makes_the_parser_panic() {
        let whole = Sample::whole().bytes();
        let read = |bytes: &[u8]| {
            let Ok(object) = Object::parse("a.o", bytes) else { return };
            let Ok(contents) = Contents::parse(&object) else { return };
            for body in contents.bodies.iter() {
                assert!(!contents.body_bytes(&body).is_empty());
                contents.body_relocations(&body).for_each(drop);
            }
            contents.segments.iter().for_each(|segment| contents.segment_relocations(&segment).for_each(drop));
            contents.customs.iter().for_each(|custom| custom.relocations.for_each(drop));
            object.types.iter().for_each(|ty| assert!(ty.params().len() + ty.results().len() < ty.0.len()));
        };
        (0..=whole.len()).for_each(|length| read(&whole[..length]));
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            for value in [0, 1, 0x7f, 0x80, 0xff, whole[at] ^ 1, whole[at] ^ 0x40, whole[at].wrapping_sub(1)] {
                bytes[at] = value;
                read(&bytes);
            }
        }
    }
}
