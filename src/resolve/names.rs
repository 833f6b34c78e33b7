//! Names and signatures as integers, so that resolution compares and indexes instead of hashing.

use crate::index::{IndexVec, MemberIdx, NameIdx, SignatureIdx};
use crate::intern::{Interned, Interner};
use crate::object::{Comdat, Object, Signature, SymbolKind};

/// In [`Names::symbols`]: a local or section symbol, which takes no part in resolution.
pub const NO_NAME: NameIdx = NameIdx(u32::MAX);

/// The interned names and signatures of all inputs.
pub struct Names<'i> {
    names: Interned<'i>,
    signatures: Interned<'i>,
    /// For each member the name of each of its symbols, or [`NO_NAME`]. Those of linked objects are gone once it is known
    /// what they stand for.
    pub symbols: IndexVec<MemberIdx, Box<[NameIdx]>>,
    /// For each member the name of each of its comdat groups.
    pub comdats: IndexVec<MemberIdx, Box<[NameIdx]>>,
    /// For each member the signature of each of its types.
    pub types: IndexVec<MemberIdx, Box<[SignatureIdx]>>,
}

/// Interns the names and signatures of objects, on many threads.
pub struct Collector<'i> {
    names: Interner<'i>,
    signatures: Interner<'i>,
}

/// What the names and signatures of one member are.
#[derive(Default)]
pub struct MemberNames {
    pub(super) symbols: Box<[NameIdx]>,
    comdats: Box<[NameIdx]>,
    types: Box<[SignatureIdx]>,
}

impl MemberNames {
    /// Those of a member of which no more is known than the names of symbols.
    pub(super) fn of_symbols(symbols: Box<[NameIdx]>) -> Self {
        Self { symbols, ..Self::default() }
    }
}

impl<'i> Collector<'i> {
    /// One for inputs that have about as many different names.
    pub fn new(names: usize) -> Self {
        let signatures = Interner::default();
        signatures.intern(Signature::EMPTY.0);
        Self { names: Interner::with_capacity(names), signatures }
    }
    /// Interns what an object says, best while the processor still has it at hand.
    pub fn add(&self, object: &Object<'i>) -> MemberNames {
        let mut symbols = vec![NO_NAME; object.symbols.len()];
        let name = |i: usize| {
            let symbol = &object.symbols[i];
            let takes_part = !symbol.flags.is_local() && symbol.kind != SymbolKind::Section;
            takes_part.then(|| object.text_bytes(symbol.name))
        };
        self.names.intern_all(symbols.len(), name, |i, id| symbols[i] = NameIdx(id));
        let comdat = |comdat: &Comdat| match symbols.get(comdat.symbol as usize) {
            Some(&name) if name != NO_NAME => name,
            _ => NameIdx(self.names.intern(object.text_bytes(comdat.name))),
        };
        let comdats = object.comdats.iter().map(comdat).collect();
        let types = object.types.iter().map(|ty| SignatureIdx(self.signatures.intern(ty.0))).collect();
        MemberNames { symbols: symbols.into(), comdats, types }
    }
    /// Interns names by themselves; they are UTF-8.
    pub(super) fn add_names(&self, names: impl Iterator<Item = &'i [u8]>) -> Box<[NameIdx]> {
        names.map(|name| NameIdx(self.names.intern(name))).collect()
    }
    /// The id of a name, if anything mentions it.
    pub(super) fn find(&self, name: &str) -> Option<NameIdx> {
        self.names.lookup(name.as_bytes()).map(NameIdx)
    }
    /// All ids that names have by now are below this.
    pub(super) fn limit(&self) -> usize {
        self.names.limit()
    }
    /// The names of all members, which are in command-line order.
    pub fn finish(self, members: impl ExactSizeIterator<Item = MemberNames>) -> Names<'i> {
        let room = members.len();
        let (mut symbols, mut comdats) = (Vec::with_capacity(room), Vec::with_capacity(room));
        let mut types = Vec::with_capacity(room);
        for member in members {
            symbols.push(member.symbols);
            comdats.push(member.comdats);
            types.push(member.types);
        }
        let (symbols, comdats, types) = (symbols.into(), comdats.into(), types.into());
        Names { names: self.names.finish(), signatures: self.signatures.finish(), symbols, comdats, types }
    }
}

impl<'i> Names<'i> {
    /// The text of a name.
    pub fn name(&self, name: NameIdx) -> &'i str {
        // Interned from `&str`s only.
        std::str::from_utf8(self.names.get(name.0)).unwrap_or_default()
    }
    /// The id of a name, if anything mentions it.
    pub fn find(&self, name: &str) -> Option<NameIdx> {
        self.names.find(name.as_bytes()).map(NameIdx)
    }
    /// The text of a name, for as long as the inputs live, if anything mentions it.
    pub fn interned(&self, name: &str) -> Option<&'i str> {
        self.find(name).map(|name| self.name(name))
    }
    /// The id of a name that may be new.
    pub fn add(&mut self, name: &'i str) -> NameIdx {
        NameIdx(self.names.add(name.as_bytes()))
    }
    /// All name ids are below this.
    pub fn limit(&self) -> usize {
        self.names.id_limit()
    }
    /// Gives back what finds names: none must be looked up any more.
    pub fn forget_ids(&mut self) {
        self.names.forget_ids();
    }
    /// The bytes of a signature.
    pub fn signature(&self, signature: SignatureIdx) -> Signature<'i> {
        Signature(self.signatures.get(signature.0))
    }
    /// The id of a signature that may be new.
    pub fn add_signature(&mut self, signature: Signature<'i>) -> SignatureIdx {
        SignatureIdx(self.signatures.add(signature.0))
    }
    /// All signature ids are below this.
    pub fn signature_limit(&self) -> usize {
        self.signatures.id_limit()
    }
}
