//! Questions that several passes ask about an object's symbols.

use super::*;

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
    /// The import name that an undefined symbol was given explicitly.
    pub fn import_name(&self, symbol: &Symbol) -> Option<&'i str> {
        let explicit = symbol.flags.has(SymbolFlags::EXPLICIT_NAME);
        explicit.then(|| self.import_of(symbol).map(|(_, field)| field)).flatten()
    }
    /// The module that an undefined symbol is imported from.
    pub fn import_module(&self, symbol: &Symbol) -> Option<&'i str> {
        self.import_of(symbol).map(|(module, _)| module)
    }
    /// Symbols for the functions and data that a shared library exports: its globals are addresses.
    pub(super) fn exported_symbols(&self) -> Vec<Symbol<'i>> {
        let symbol = |export: &Export<'i>| {
            let kind = match export.kind {
                0 => SymbolKind::Function,
                3 => SymbolKind::Data,
                _ => return None,
            };
            let index = if kind == SymbolKind::Function { export.index } else { 0 };
            Some(Symbol { name: export.name, flags: SymbolFlags(0), index, offset: 0, size: 0, kind })
        };
        self.exports.iter().filter_map(symbol).collect()
    }
    fn import_of(&self, symbol: &Symbol) -> Option<(&'i str, &'i str)> {
        let index = symbol.index as usize;
        match symbol.kind {
            SymbolKind::Function => self.function_imports.get(index).map(|import| (import.module, import.field)),
            SymbolKind::Global => self.global_imports.get(index).map(|import| (import.module, import.field)),
            SymbolKind::Table => self.table_imports.get(index).map(|import| (import.module, import.field)),
            SymbolKind::Tag => self.tag_imports.get(index).map(|import| (import.module, import.field)),
            SymbolKind::Data | SymbolKind::Section => None,
        }
    }
}
