//! The `linking` custom section. Spec: tool-conventions, Linking.md, "Linking Metadata Section".

use super::section::NameAt;

/// In the comdat tables of [`super::Object`]: belongs to no group.
pub const NO_COMDAT: u32 = u32::MAX;
/// In [`Comdat::symbol`]: none.
pub const NO_SYMBOL: u32 = u32::MAX;

/// What a symbol names. The discriminants are those of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum SymbolKind {
    /// A function.
    Function = 0,
    /// A place in a data segment.
    Data = 1,
    /// A global variable.
    Global = 2,
    /// A custom section.
    Section = 3,
    /// An exception tag.
    Tag = 4,
    /// A table.
    Table = 5,
}

impl SymbolKind {
    /// The kind with the code `code`, if there is one.
    #[inline]
    pub fn from_code(code: u8) -> Option<Self> {
        const KINDS: [SymbolKind; 6] = [
            SymbolKind::Function,
            SymbolKind::Data,
            SymbolKind::Global,
            SymbolKind::Section,
            SymbolKind::Tag,
            SymbolKind::Table,
        ];
        KINDS.get(code as usize).copied()
    }
    /// What messages call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Data => "data",
            Self::Global => "global",
            Self::Section => "section",
            Self::Tag => "tag",
            Self::Table => "table",
        }
    }
}

/// The flag word of a symbol; higher bits of it mean nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SymbolFlags(pub u16);

impl SymbolFlags {
    /// Binding: a strong definition replaces it; undefined, it may stay so.
    pub const WEAK: u16 = 1;
    /// Binding: visible in its object only.
    pub const LOCAL: u16 = 2;
    /// Both binding bits.
    pub const BINDING_MASK: u16 = 3;
    /// Not exported by default.
    pub const HIDDEN: u16 = 4;
    /// Not defined here.
    pub const UNDEFINED: u16 = 0x10;
    /// To be exported.
    pub const EXPORTED: u16 = 0x20;
    /// An import whose symbol name differs from its field name.
    pub const EXPLICIT_NAME: u16 = 0x40;
    /// Must survive garbage collection.
    pub const NO_STRIP: u16 = 0x80;
    /// Thread-local data.
    pub const TLS: u16 = 0x100;
    /// Data that has a fixed address instead of a segment.
    pub const ABSOLUTE: u16 = 0x200;

    /// Binding is weak.
    pub fn is_weak(self) -> bool {
        self.0 & Self::BINDING_MASK == Self::WEAK
    }
    /// Binding is local.
    pub fn is_local(self) -> bool {
        self.0 & Self::BINDING_MASK == Self::LOCAL
    }
    /// Not defined here.
    pub fn is_undefined(self) -> bool {
        self.0 & Self::UNDEFINED != 0
    }
    /// Any of the bits of `mask` is set.
    pub fn has(self, mask: u16) -> bool {
        self.0 & mask != 0
    }
}

/// An entry of the symbol table.
#[derive(Clone, Copy, Debug)]
pub struct Symbol {
    /// Where its name is; for an import without explicit name the field name; for a section symbol the section's name.
    pub name: NameAt,
    /// Flag word.
    pub flags: SymbolFlags,
    /// Index in the object's function, global, tag or table index space, data segment (0 if undefined or absolute), or
    /// index into `Object::sections`. Checked, and for imports known to be an import if and only if undefined.
    pub index: u32,
    /// Data: what [`super::Object::offset_of`] and [`super::Object::size_of`] make an offset and a size of.
    pub(super) place: u32,
    /// What it names.
    pub kind: SymbolKind,
}

/// Linking attributes of a data segment.
#[derive(Clone, Copy, Debug, Default)]
pub struct SegmentInfo {
    /// Where its section-like name is, e.g. `.rodata.str`.
    pub name: NameAt,
    /// Alignment as a power of two; at most 63.
    pub alignment: u8,
    /// [`SEGMENT_STRINGS`], [`SEGMENT_TLS`], [`SEGMENT_RETAIN`].
    pub flags: u32,
}

/// Segment flag: null-terminated strings that may be merged.
pub const SEGMENT_STRINGS: u32 = 1;
/// Segment flag: thread-local.
pub const SEGMENT_TLS: u32 = 2;
/// Segment flag: survives garbage collection if its object is linked.
pub const SEGMENT_RETAIN: u32 = 4;

/// A start-up function.
#[derive(Clone, Copy, Debug)]
pub struct InitFunction {
    /// Lower values run first.
    pub priority: u32,
    /// Index into `Object::symbols`, checked to be a function symbol.
    pub symbol: u32,
}

/// A group of which one copy is linked.
#[derive(Clone, Copy, Debug)]
pub struct Comdat {
    /// Where its key is.
    pub name: NameAt,
    /// A symbol of the object that has the same name, if that was easy to find, or [`NO_SYMBOL`].
    pub symbol: u32,
}
