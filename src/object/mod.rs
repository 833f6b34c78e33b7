//! Relocatable objects as data: what one `.o` file or archive member says.
//!
//! Reading happens in two steps. [`Object::parse`] reads what resolution needs (types, imports, index spaces, the
//! `linking` section) and touches few pages, so that it can run on every archive member. [`Contents::parse`] reads and
//! checks the rest (code, data, custom sections, relocations) of the objects that take part in the link. Both borrow
//! from the mapped file; nothing is copied. Every integer that comes from the file is checked here: later passes index
//! with them without looking again.
//!
//! Spec: tool-conventions, `Linking.md`; WebAssembly core, "Binary Format".

mod bodies;
pub mod contents;
pub mod header;
pub mod linking;
mod mir;
mod module;
mod origin;
mod payload;
pub mod peek;
mod query;
mod reader;
mod relocation_check;
pub mod relocations;
pub mod section;
mod sections;
mod segments;
mod symbols;
#[cfg(test)]
pub(crate) mod testing;

pub use bodies::{Bodies, Body};
pub use contents::{Contents, CustomSection};
pub use header::{GlobalImport, ImportNames, Object, TableImport, TypedImport};
pub use linking::{Comdat, InitFunction, SegmentInfo, Symbol, SymbolFlags, SymbolKind};
pub(crate) use mir::check_locals;
pub use origin::{Feature, Features, Producers};
pub(crate) use relocation_check::fits;
pub use relocations::{Relocation, RelocationKind, Relocations};
pub use section::{NameAt, Section, Sections, section_label};
pub use segments::{Segment, Segments};

use crate::index::{IndexVec, MemberIdx};

/// The objects of all members. Each stands in a place of its own, which it never leaves: it is large, and its place in lists
/// changes. Members that are no objects have none.
pub type Objects<'i> = IndexVec<MemberIdx, Option<Box<Object<'i>>>>;

/// A function type in its canonical encoding: parameter count, parameter types, result count, result types, without
/// the leading 0x60. Two signatures are the same type if their bytes are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signature<'i>(pub &'i [u8]);

impl<'i> Signature<'i> {
    /// The type of a function that takes and returns nothing.
    pub const EMPTY: Signature<'static> = Signature(&[0, 0]);

    /// The value types of the parameters, one byte each.
    pub fn params(self) -> &'i [u8] {
        let mut at = 0;
        let count = crate::leb::read_u32(self.0, &mut at).unwrap_or(0) as usize;
        &self.0[at..at + count]
    }
    /// The value types of the results, one byte each.
    pub fn results(self) -> &'i [u8] {
        let mut at = 0;
        let count = crate::leb::read_u32(self.0, &mut at).unwrap_or(0) as usize;
        at += count;
        let count = crate::leb::read_u32(self.0, &mut at).unwrap_or(0) as usize;
        &self.0[at..at + count]
    }
}

/// The type of a global variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GlobalType {
    /// Value type byte, e.g. 0x7f for i32.
    pub value_type: u8,
    /// Whether it can be set.
    pub mutable: bool,
}

/// The type of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TableType {
    /// Reference type byte: 0x70 funcref, 0x6f externref, 0x69 exnref.
    pub element: u8,
    /// Limits flags: 1 has a maximum, 2 shared, 4 64-bit.
    pub flags: u8,
    /// Initial number of elements.
    pub minimum: u64,
    /// Maximal number of elements, if `flags & 1`.
    pub maximum: u64,
}

/// A constant initialiser, as the encoded expression including its `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitExpr<'i>(pub &'i [u8]);

/// A global that an object defines.
#[derive(Clone, Copy, Debug)]
pub struct Global<'i> {
    /// Its type.
    pub ty: GlobalType,
    /// Its initial value.
    pub init: InitExpr<'i>,
}

/// An entry of the export section.
#[derive(Clone, Copy, Debug)]
pub struct Export {
    /// Where the exported name is.
    pub name: NameAt,
    /// External kind: 0 function, 1 table, 2 memory, 3 global, 4 tag.
    pub kind: u8,
    /// Index in the index space of that kind, checked.
    pub index: u32,
}
