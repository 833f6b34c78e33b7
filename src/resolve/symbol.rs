//! A global symbol: what its name stands for.

use crate::diagnostic::Place;
use crate::index::{IndexMap, MemberIdx, NameIdx, SymbolIdx};
use crate::object::{self, SymbolFlags, SymbolKind};

/// A symbol that the linker made, or that no file has mentioned.
pub const NO_MEMBER: MemberIdx = MemberIdx(u32::MAX);

/// Properties of a symbol beyond its flag word.
pub mod bits {
    /// An object, or an option, mentions it.
    pub const USED: u16 = 1;
    /// Exported whatever its visibility.
    pub const FORCE_EXPORT: u16 = 2;
    /// A stub library says that it is imported.
    pub const FORCE_IMPORT: u16 = 4;
    /// A trapping function in place of a missing one: has no table slot, its address is 0.
    pub const STUB: u16 = 8;
    /// `--trace-symbol` names it.
    pub const TRACED: u16 = 16;
    /// Live without being reached.
    pub const ALWAYS_LIVE: u16 = 32;
    /// It is undefined, and what gives its import module and name is not the first reference: see
    /// [`Symbol::import`](super::Symbol::import).
    pub const OTHER_IMPORT: u16 = 128;
    /// Something calls it. Only kept for undefined functions of position-independent output.
    pub const CALLED: u16 = 64;
}

/// Where undefined symbols find their import module and name, as far as that is not the first reference. Those with
/// [`bits::OTHER_IMPORT`] that are not here find none.
pub type Imports = IndexMap<SymbolIdx, (MemberIdx, u32)>;

/// How far resolution got with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Something refers to it.
    Undefined,
    /// An archive member that is not linked defines it.
    Lazy,
    /// Defined by a linked object or by the linker.
    Defined,
    /// A shared library exports it: imported.
    Shared,
}

/// One entry of the symbol table.
#[derive(Clone, Copy, Debug)]
pub struct Symbol {
    /// Its name.
    pub name: NameIdx,
    /// What it is; of the first reference, while it is undefined.
    pub kind: SymbolKind,
    /// How far resolution got.
    pub state: State,
    /// Properties beyond the flag word.
    pub bits: u16,
    /// Flags of the definition, or of the first reference with later ones' strength.
    pub flags: SymbolFlags,
    /// Where it is defined; or first referred to; or would be extracted from.
    pub member: MemberIdx,
    /// Its entry in that member's symbol table. Of the linker's own: what it is there.
    pub symbol: u32,
}

impl Symbol {
    /// A name that nothing has mentioned yet.
    pub fn new(name: NameIdx) -> Self {
        Self {
            name,
            kind: SymbolKind::Function,
            state: State::Undefined,
            bits: 0,
            flags: SymbolFlags(SymbolFlags::UNDEFINED),
            member: NO_MEMBER,
            symbol: 0,
        }
    }
    /// Makes it the definition `index` of `member`.
    pub fn define(&mut self, member: MemberIdx, index: u32, symbol: &object::Symbol) {
        self.state = State::Defined;
        self.kind = symbol.kind;
        self.flags = symbol.flags;
        self.member = member;
        self.symbol = index;
    }
    /// Makes it an undefined symbol that entry `index` of `member` refers to.
    pub fn refer(&mut self, member: MemberIdx, index: u32, symbol: &object::Symbol) {
        self.state = State::Undefined;
        self.bits &= !bits::OTHER_IMPORT;
        self.kind = symbol.kind;
        self.flags = SymbolFlags(symbol.flags.0 | SymbolFlags::UNDEFINED);
        self.member = member;
        self.symbol = index;
    }
    /// Where it is defined or first referred to, for messages.
    pub fn place(&self) -> Place {
        Place { member: self.member.0, symbol: self.symbol }
    }
    /// The reference that gives the import module and name of this symbol, which is `at` and undefined.
    pub fn import(&self, at: SymbolIdx, others: &Imports) -> (MemberIdx, u32) {
        match self.is(bits::OTHER_IMPORT) {
            true => others.get(&at).copied().unwrap_or((NO_MEMBER, 0)),
            false => (self.member, self.symbol),
        }
    }
    /// Whether it has the property `bit`.
    pub fn is(&self, bit: u16) -> bool {
        self.bits & bit != 0
    }
    /// Whether it is defined, by an object or by the linker.
    pub fn is_defined(&self) -> bool {
        self.state == State::Defined
    }
    /// Whether something defines it, if only a shared library.
    pub fn is_found(&self) -> bool {
        matches!(self.state, State::Defined | State::Shared)
    }
    /// Whether it is undefined and only weakly referred to.
    pub fn is_undefined_weak(&self) -> bool {
        self.state == State::Undefined && self.flags.is_weak()
    }
}
