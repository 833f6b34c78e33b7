//! Names and signatures as integers, so that resolution compares and indexes instead of hashing.

use crate::index::{IndexVec, MemberIdx, NameIdx, SignatureIdx};
use crate::intern::{Interned, Interner};
use crate::object::{Comdat, Objects, Signature, SymbolKind};
use crate::par;
use rayon::prelude::*;

/// In [`Names::symbols`]: a local or section symbol, which takes no part in resolution.
pub const NO_NAME: NameIdx = NameIdx(u32::MAX);

/// The interned names and signatures of all inputs.
pub struct Names<'i> {
    names: Interned<'i>,
    signatures: Interned<'i>,
    /// For each member the name of each of its symbols, or [`NO_NAME`].
    pub symbols: IndexVec<MemberIdx, Vec<NameIdx>>,
    /// For each member the name of each of its comdat groups.
    pub comdats: IndexVec<MemberIdx, Vec<NameIdx>>,
    /// For each member the signature of each of its types.
    pub types: IndexVec<MemberIdx, Vec<SignatureIdx>>,
}

impl<'i> Names<'i> {
    /// Interns what the objects say, and `extra` names that the linker will look up. One task per object.
    pub fn new(objects: &Objects<'i>, extra: impl Iterator<Item = &'i str>) -> Self {
        // Most symbols have a name that others have too.
        let symbols: usize = objects.iter().flatten().map(|object| object.symbols.len()).sum();
        let (names, signatures) = (Interner::with_capacity(symbols / 4), Interner::default());
        extra.for_each(|name| _ = names.intern(name.as_bytes()));
        signatures.intern(Signature::EMPTY.0);
        let per_member: Vec<_> = par::uneven(objects.as_slice().par_iter())
            .map(|object| {
                let Some(object) = object else { return Default::default() };
                let mut symbols = vec![NO_NAME; object.symbols.len()];
                let name = |i: usize| {
                    let symbol = &object.symbols[i];
                    let takes_part = !symbol.flags.is_local() && symbol.kind != SymbolKind::Section;
                    takes_part.then(|| object.text_bytes(symbol.name))
                };
                names.intern_all(symbols.len(), name, |i, id| symbols[i] = NameIdx(id));
                let of_symbol = |comdat: &Comdat| symbols.get(comdat.symbol as usize).copied().unwrap_or(NO_NAME);
                let mut comdats: Vec<_> = object.comdats.iter().map(of_symbol).collect();
                for (comdat, id) in object.comdats.iter().zip(&mut comdats).filter(|(_, id)| **id == NO_NAME) {
                    *id = NameIdx(names.intern(object.text_bytes(comdat.name)));
                }
                let types: Vec<_> = object.types.iter().map(|ty| SignatureIdx(signatures.intern(ty.0))).collect();
                (symbols, comdats, types)
            })
            .collect();
        let (mut symbols, mut comdats, mut types) = (Vec::new(), Vec::new(), Vec::new());
        for (s, c, t) in per_member {
            symbols.push(s);
            comdats.push(c);
            types.push(t);
        }
        Self {
            names: names.finish(),
            signatures: signatures.finish(),
            symbols: symbols.into(),
            comdats: comdats.into(),
            types: types.into(),
        }
    }
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
