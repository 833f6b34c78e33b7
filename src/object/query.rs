//! Questions that several passes ask about an object's symbols.

use super::section::string_at;
use super::*;

/// From here on [`Symbol::place`] is an index into `Object::places`, else a size: offsets are 0, or rare.
const FAR: u32 = 1 << 31;

impl<'i> Object<'i> {
    /// The signature of a function or tag symbol.
    pub fn signature(&self, symbol: &Symbol) -> Signature<'i> {
        self.types[self.signature_type(symbol) as usize]
    }
    /// The signature of a function or tag symbol, as an index into `types`.
    pub fn signature_type(&self, symbol: &Symbol) -> u32 {
        let index = symbol.index as usize;
        match symbol.kind {
            SymbolKind::Tag => match self.tag_imports.get(index) {
                Some(import) => import.ty,
                None => self.tags[index - self.tag_imports.len()],
            },
            _ => match self.function_imports.get(index) {
                Some(import) => import.ty,
                None => self.functions[index - self.function_imports.len()],
            },
        }
    }
    /// The type of a global symbol.
    pub fn global_type(&self, symbol: &Symbol) -> GlobalType {
        let index = symbol.index as usize;
        match self.global_imports.get(index) {
            Some(import) => import.ty,
            None => self.globals[index - self.global_imports.len()].ty,
        }
    }
    /// The type of a table symbol.
    pub fn table_type(&self, symbol: &Symbol) -> TableType {
        let index = symbol.index as usize;
        match self.table_imports.get(index) {
            Some(import) => import.ty,
            None => self.tables[index - self.table_imports.len()],
        }
    }
    /// For each defined function the first symbol that names it, or `u32::MAX`.
    pub(super) fn first_function_symbols(&self) -> Vec<u32> {
        let imports = self.function_imports.len();
        let mut symbols = vec![u32::MAX; self.functions.len()];
        for (i, symbol) in self.symbols.iter().enumerate() {
            if symbol.kind == SymbolKind::Function && !symbol.flags.is_undefined() {
                let first = &mut symbols[symbol.index as usize - imports];
                *first = (*first).min(i as u32);
            }
        }
        symbols
    }
    /// The text of one of the object's names.
    #[inline]
    pub fn text(&self, name: NameAt) -> &'i str {
        // Checked when the object was read.
        str::from_utf8(self.text_bytes(name)).unwrap_or_default()
    }
    /// The same as bytes: nobody looks whether they are UTF-8 again.
    #[inline]
    pub fn text_bytes(&self, name: NameAt) -> &'i [u8] {
        match self.texts.get(name.0 as usize) {
            Some(text) => text.as_bytes(),
            None => string_at(self.sections.file(), name).0,
        }
    }
    /// Name, alignment and flags of the data segment `index`, if the `linking` section says any.
    pub fn info_of_segment(&self, index: usize) -> SegmentInfo {
        self.segment_info.get(index).copied().unwrap_or_default()
    }
    /// The module and the field of an import.
    pub fn names_of(&self, names: ImportNames) -> (&'i str, &'i str) {
        let field = self.field_of(names);
        (self.text(names.0), self.text(field))
    }
    /// Where the field of an import stands: behind the module.
    pub(super) fn field_of(&self, ImportNames(module): ImportNames) -> NameAt {
        match self.texts.is_empty() {
            true => string_at(self.sections.file(), module).1,
            false => NameAt(module.0 + 1),
        }
    }
    /// Offset of a data symbol in its segment in bytes (the address, if absolute). Not checked against the segment's size.
    #[inline]
    pub fn offset_of(&self, symbol: &Symbol) -> u64 {
        match symbol.place {
            0..FAR => 0,
            far => self.far_place(far).0,
        }
    }
    /// The size of a data symbol in bytes.
    pub fn size_of(&self, symbol: &Symbol) -> u32 {
        match symbol.place {
            size @ 0..FAR => size,
            far => self.far_place(far).1,
        }
    }
    #[inline(never)]
    fn far_place(&self, place: u32) -> (u64, u32) {
        self.places[(place - FAR) as usize]
    }
    /// What [`Symbol::place`] is for an offset of 0 and `size`, if that can be said without memory.
    #[inline]
    pub(super) fn near_place(size: u32) -> Option<u32> {
        (size < FAR).then_some(size)
    }
    /// What [`Symbol::place`] is for `offset` and `size`.
    pub(super) fn keep_place(&mut self, offset: u64, size: u32) -> u32 {
        match Self::near_place(size) {
            Some(place) if offset == 0 => place,
            _ => {
                self.places.push((offset, size));
                FAR + (self.places.len() - 1) as u32
            }
        }
    }
    /// The import name that an undefined symbol was given explicitly.
    pub fn import_name(&self, symbol: &Symbol) -> Option<&'i str> {
        let explicit = symbol.flags.has(SymbolFlags::EXPLICIT_NAME);
        explicit.then(|| self.import_of(symbol).map(|names| self.names_of(names).1)).flatten()
    }
    /// The module that an undefined symbol is imported from.
    pub fn import_module(&self, symbol: &Symbol) -> Option<&'i str> {
        self.import_of(symbol).map(|ImportNames(module)| self.text(module))
    }
    /// The same as bytes, for comparison.
    pub fn import_module_bytes(&self, symbol: &Symbol) -> Option<&'i [u8]> {
        self.import_of(symbol).map(|ImportNames(module)| self.text_bytes(module))
    }
    /// Symbols for the functions and data that a shared library exports: its globals are addresses.
    pub(super) fn exported_symbols(&self) -> Vec<Symbol> {
        let symbol = |export: &Export| {
            let kind = match export.kind {
                0 => SymbolKind::Function,
                3 => SymbolKind::Data,
                _ => return None,
            };
            let index = if kind == SymbolKind::Function { export.index } else { 0 };
            Some(Symbol { name: export.name, flags: SymbolFlags(0), index, place: 0, kind })
        };
        self.exports.iter().filter_map(symbol).collect()
    }
    /// Where the names of the import are that an undefined symbol stands for.
    pub(super) fn import_of(&self, symbol: &Symbol) -> Option<ImportNames> {
        let index = symbol.index as usize;
        match symbol.kind {
            SymbolKind::Function => self.function_imports.get(index).map(|import| import.names),
            SymbolKind::Global => self.global_imports.get(index).map(|import| import.names),
            SymbolKind::Table => self.table_imports.get(index).map(|import| import.names),
            SymbolKind::Tag => self.tag_imports.get(index).map(|import| import.names),
            SymbolKind::Data | SymbolKind::Section => None,
        }
    }
}
