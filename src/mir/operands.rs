//! What instructions name.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);
    )*};
}

ids! {
    /// Symbol of a function.
    Func;
    /// Symbol of data.
    Data;
    /// Symbol of a global.
    Global;
    /// Symbol of a table.
    Table;
    /// Symbol of an exception tag.
    Tag;
    /// Index of a function type.
    Type;
    /// Index of a local, parameters included.
    Local;
}

/// The type of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockType {
    /// Takes and gives nothing.
    Empty,
    /// Gives one value of this type, as its byte in the binary format.
    Value(u8),
    /// Takes and gives what a function type says.
    Function(Type),
}

/// An access to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemArg {
    /// Bytes that are added to the address; to the address of `symbol`, if there is one.
    pub offset: u64,
    /// Alignment as a power of two.
    pub alignment: u32,
    /// Data whose address is the offset's base.
    pub symbol: Option<Data>,
}

impl MemArg {
    /// An access `offset` bytes behind the address, with an alignment of `1 << alignment`.
    pub const fn new(offset: u64, alignment: u32) -> Self {
        Self { offset, alignment, symbol: None }
    }
    /// An access `addend` bytes behind `symbol`.
    pub const fn symbolic(symbol: Data, addend: i64, alignment: u32) -> Self {
        Self { offset: addend as u64, alignment, symbol: Some(symbol) }
    }
}

/// A clause of `try_table`: what it catches, and the label it branches to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Catch {
    /// Exceptions with a tag: its values.
    One(Tag, u32),
    /// Exceptions with a tag: its values and the exception.
    OneRef(Tag, u32),
    /// Any exception.
    All(u32),
    /// Any exception: the exception.
    AllRef(u32),
}
