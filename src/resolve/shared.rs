//! Shared libraries: what their exports mean to the modules that use them.
//!
//! A library is never linked in: its functions and data become symbols that the output imports.

use super::replay::{Event, Replay};
use super::symbol::{State, bits};
use super::{LOCAL, Resolution};
use crate::diagnostic::Diagnostics;
use crate::index::*;
use crate::linker_defined as linker;
use crate::object::{Object, SymbolFlags, SymbolKind};
use crate::options::{Options, Unresolved};

/// Exports that every library has for itself.
pub(super) fn is_private(name: &str) -> bool {
    name == linker::APPLY_DATA_RELOCS
        || name == linker::CALL_CTORS
        || name.starts_with("__start_")
        || name.starts_with("__stop_")
}

impl<'i> Replay<'_, 'i> {
    /// Enters the functions and data that the library `member` exports. They never replace a definition.
    pub(super) fn add_shared(&mut self, object: &Object<'i>, member: MemberIdx, diagnostics: &mut Diagnostics) {
        self.shared.push(member);
        self.events.push(Event { member, start: 0, end: object.symbols.len() as u32, lazy: false });
        for (index, symbol) in object.symbols.iter().enumerate() {
            let exported = matches!(symbol.kind, SymbolKind::Function | SymbolKind::Data);
            let name = self.names.symbols[member][index];
            if !exported
                || symbol.flags.is_undefined()
                || name == super::names::NO_NAME
                || is_private(object.text(symbol.name))
            {
                continue;
            }
            let (at, inserted) = self.insert(name);
            let existing = self.symbols[at];
            if matches!(existing.state, State::Defined | State::Shared) && !inserted {
                if existing.kind != symbol.kind {
                    self.type_mismatch(at, member, symbol.kind, diagnostics);
                }
                continue;
            }
            if !inserted && existing.state == State::Undefined && existing.kind != symbol.kind {
                self.type_mismatch(at, member, symbol.kind, diagnostics);
                continue;
            }
            self.symbols[at].define(member, index as u32, symbol);
            self.symbols[at].state = State::Shared;
            self.trace(at, "definition of", member, diagnostics);
        }
    }
}

impl<'i> Resolution<'i> {
    /// The object or library that `member` is, if it takes part in the link.
    pub fn object_of(&self, member: MemberIdx) -> Option<&Object<'i>> {
        match self.file_of.get(member).copied().flatten() {
            Some(file) => Some(&self.files[file].object),
            None => self.shared.iter().find(|(other, _)| *other == member).map(|(_, object)| &**object),
        }
    }

    /// The library that `member` is.
    pub(super) fn library(&self, member: MemberIdx) -> Option<&Object<'i>> {
        self.object_of(member).filter(|object| object.is_shared)
    }
}

impl Resolution<'_> {
    /// Marks undefined functions that something calls: only those are imported into position-independent modules,
    /// where addresses come from the GOT.
    pub(super) fn mark_called(&mut self) {
        for file in self.files.iter() {
            for (index, entry) in file.object.symbols.iter().enumerate() {
                let target = file.targets[index];
                if target != LOCAL && entry.kind == SymbolKind::Function && file.contents.is_called(index as u32) {
                    self.symbols[target].bits |= bits::CALLED;
                }
            }
        }
    }

    /// Whether a symbol's address is only known to the dynamic linker (LLD's `requiresGOTAccess`).
    pub fn requires_got(&self, options: &Options, symbol: SymbolIdx) -> bool {
        let symbol = &self.symbols[symbol];
        if symbol.state == State::Shared {
            return true;
        }
        if !options.is_pic() && options.unresolved != Unresolved::ImportDynamic {
            return false;
        }
        if symbol.flags.has(SymbolFlags::HIDDEN) || symbol.flags.is_local() {
            return false;
        }
        // An executable, and a library that uses its own definitions first, knows where those are.
        !(symbol.is_defined() && (options.bsymbolic || !options.shared))
    }

    /// Whether the output must tell the dynamic linker anything: it then has a `dylink.0` section.
    pub fn is_dynamic(&self, options: &Options) -> bool {
        options.is_pic() || options.unresolved == Unresolved::ImportDynamic || !self.shared.is_empty()
    }
}
