//! Resolution -> LiveSet: what the roots reach.
//!
//! The set is a closure, hence the same for any order of visits: marking runs on all threads, and no order ever comes
//! from it.

mod graph;
mod mark;
mod report;
mod uses;

pub(crate) use graph::Graph;
pub use mark::{is_discarded, mark};
pub use report::{names_of, report_unused};
pub use uses::{FirstUses, UseOrders};

use crate::index::*;
use crate::par::{Bits, Ranks};
use crate::resolve::{Definition, Resolution, bits};

/// Everything that stays in the output. Holding one proves that marking has finished.
#[derive(Debug)]
pub struct LiveSet {
    functions: Bits,
    segments: Bits,
    globals: Bits,
    tags: Bits,
    tables: Bits,
    /// Global symbols that something live refers to.
    symbols: Bits,
    /// What marking saw of the order in which types and table slots are used; `None` if it did not look.
    uses: Option<FirstUses>,
}

impl LiveSet {
    /// Whether a function stays.
    #[inline]
    pub fn function(&self, function: InputFunctionIdx) -> bool {
        self.functions.contains(function.index())
    }
    /// The functions that stay, of those below `end`, by how many of them come before.
    pub fn function_ranks(&self, end: usize) -> Ranks<'_> {
        Ranks::new(&self.functions, end)
    }
    /// Whether a data segment stays.
    #[inline]
    pub fn segment(&self, segment: InputSegmentIdx) -> bool {
        self.segments.contains(segment.index())
    }
    /// Whether a global stays.
    pub fn global(&self, global: InputGlobalIdx) -> bool {
        self.globals.contains(global.index())
    }
    /// Whether a tag stays.
    pub fn tag(&self, tag: InputTagIdx) -> bool {
        self.tags.contains(tag.index())
    }
    /// Whether a table stays.
    pub fn table(&self, table: InputTableIdx) -> bool {
        self.tables.contains(table.index())
    }
    /// Whether a global symbol is in use: its definition stays, or something live refers to it.
    pub fn symbol(&self, resolution: &Resolution, symbol: SymbolIdx) -> bool {
        self.definition(resolution.definitions[symbol]).unwrap_or_else(|| {
            self.symbols.contains(symbol.index()) || resolution.symbols[symbol].is(bits::ALWAYS_LIVE)
        })
    }
    /// Whether the thing that a symbol stands for stays; `None` if only the symbol itself can tell.
    #[inline]
    pub fn definition(&self, definition: Definition) -> Option<bool> {
        Some(match definition {
            Definition::Function(function) => self.function(function),
            Definition::Data { segment, .. } => self.segment(segment),
            Definition::Global(global) => self.global(global),
            Definition::Tag(tag) => self.tag(tag),
            Definition::Table(table) => self.table(table),
            Definition::Section(_) => true,
            Definition::Undefined | Definition::Linker(_) | Definition::Absolute(_) => return None,
        })
    }
    /// Where types and table slots are used first, if marking followed relocations, and if they are all that layout has to
    /// make for relocations against symbols that are defined.
    pub fn take_first_uses(&mut self) -> Option<FirstUses> {
        self.uses.take().filter(FirstUses::are_all)
    }
    /// Keeps a function that a later pass makes.
    pub fn keep_function(&mut self, function: InputFunctionIdx) {
        self.functions.insert(function.index());
    }
    /// Keeps a global that a later pass needs.
    pub fn keep_global(&mut self, global: InputGlobalIdx) {
        self.globals.insert(global.index());
    }
    /// Keeps a table that a later pass makes.
    pub fn keep_table(&mut self, table: InputTableIdx) {
        self.tables.insert(table.index());
    }
    /// Keeps a symbol that a later pass needs.
    pub fn keep_symbol(&mut self, symbol: SymbolIdx) {
        self.symbols.insert(symbol.index());
    }
}
