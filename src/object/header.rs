//! The part of an object that resolution needs.

use super::*;
use crate::diagnostic::Diagnostic;

/// One section as it lies in the file.
#[derive(Clone, Copy, Debug)]
pub struct Section<'i> {
    /// Section id: 0 custom, 1 type, ... (core spec, "Sections").
    pub id: u8,
    /// Offset of the payload from the start of the file; behind the name, in a custom section.
    pub offset: usize,
    /// The payload; behind the name, in a custom section.
    pub bytes: &'i [u8],
    /// The name of a custom section, else empty.
    pub name: &'i str,
}

/// An imported function.
#[derive(Clone, Copy, Debug)]
pub struct FunctionImport<'i> {
    /// Module name.
    pub module: &'i str,
    /// Field name.
    pub field: &'i str,
    /// Index into `Object::types`, checked.
    pub ty: u32,
}

/// An imported global.
#[derive(Clone, Copy, Debug)]
pub struct GlobalImport<'i> {
    /// Module name.
    pub module: &'i str,
    /// Field name.
    pub field: &'i str,
    /// Its type.
    pub ty: GlobalType,
}

/// An imported table.
#[derive(Clone, Copy, Debug)]
pub struct TableImport<'i> {
    /// Module name.
    pub module: &'i str,
    /// Field name.
    pub field: &'i str,
    /// Its type.
    pub ty: TableType,
}

/// An imported tag.
#[derive(Clone, Copy, Debug)]
pub struct TagImport<'i> {
    /// Module name.
    pub module: &'i str,
    /// Field name.
    pub field: &'i str,
    /// Index into `Object::types`, checked.
    pub ty: u32,
}

/// Types, imports, index spaces and linking metadata of one object.
#[derive(Debug, Default)]
pub struct Object<'i> {
    /// The file as messages show it: `a.o` or `libc.a(printf.o)`.
    pub name: String,
    /// All sections in file order; a section symbol's and a relocation section's index counts in here.
    pub sections: Vec<Section<'i>>,
    /// Function types.
    pub types: Vec<Signature<'i>>,
    /// Imported functions: the start of the function index space.
    pub function_imports: Vec<FunctionImport<'i>>,
    /// Imported globals: the start of the global index space.
    pub global_imports: Vec<GlobalImport<'i>>,
    /// Imported tables: the start of the table index space.
    pub table_imports: Vec<TableImport<'i>>,
    /// Imported tags: the start of the tag index space.
    pub tag_imports: Vec<TagImport<'i>>,
    /// Whether a memory (imported or defined) is 64-bit.
    pub is_64: bool,
    /// Type of each defined function: an index into `types`, checked.
    pub functions: Vec<u32>,
    /// Defined tables.
    pub tables: Vec<TableType>,
    /// Defined globals.
    pub globals: Vec<Global<'i>>,
    /// Type of each defined tag: an index into `types`, checked.
    pub tags: Vec<u32>,
    /// The export section.
    pub exports: Vec<Export<'i>>,
    /// How many data segments the `data` section announces in its first count.
    pub segment_count: u32,
    /// Whether there is a `linking` section: without one this is no relocatable object.
    pub has_linking: bool,
    /// Whether the file begins with a `dylink` or `dylink.0` section: a shared library.
    pub is_shared: bool,
    /// The symbol table, in file order.
    pub symbols: Vec<Symbol<'i>>,
    /// Name, alignment (log2) and flags of each segment: the WASM_SEGMENT_INFO subsection.
    pub segment_info: Vec<linking::SegmentInfo<'i>>,
    /// Functions to call at start-up: the WASM_INIT_FUNCS subsection.
    pub init_functions: Vec<InitFunction>,
    /// Comdat groups: the WASM_COMDAT_INFO subsection.
    pub comdats: Vec<Comdat<'i>>,
    /// For each defined function its group in `comdats`, or [`linking::NO_COMDAT`]; empty if no function has one.
    pub function_comdats: Vec<u32>,
    /// The same for each data segment.
    pub segment_comdats: Vec<u32>,
    /// The same for each entry of `sections`.
    pub section_comdats: Vec<u32>,
}

impl<'i> Object<'i> {
    /// Reads the header part of the object `bytes`, called `name` in messages.
    ///
    /// Skips over sections that resolution does not need without touching their bytes.
    ///
    /// # Errors
    /// A diagnostic that names the file, section and offset of what breaks the format.
    pub fn parse(name: String, bytes: &'i [u8]) -> Result<Self, Diagnostic> {
        let _ = (name, bytes);
        Err(Diagnostic::unsupported("reading objects"))
    }
}
