//! Shared libraries: what their exports mean to the modules that use them.
//!
//! A library is never linked in: its functions and data become symbols that the output imports.

use super::replay::{Event, Replay};
use super::symbol::{State, bits};
use super::{LOCAL, Resolution, signature_text};
use crate::diagnostic::{Diagnostic, Diagnostics, Kind};
use crate::index::*;
use crate::linker_defined as linker;
use crate::object::{Object, SymbolFlags, SymbolKind};
use crate::options::Options;
use std::collections::HashMap;

/// Exports that every library has for itself.
fn is_private(name: &str) -> bool {
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
            if !exported || symbol.flags.is_undefined() || name == super::names::NO_NAME || is_private(symbol.name) {
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

/// What is known of a library's function while references are replayed.
struct Known {
    signature: Option<SignatureIdx>,
    member: MemberIdx,
    shared: bool,
    called: bool,
}

/// Compares calls with the signatures of libraries' functions, in the order in which wasm-ld meets them. With
/// `--no-shlib-sigcheck` the calls are right instead.
pub(super) fn check_signatures(
    options: &Options,
    resolution: &mut Resolution,
    events: &[Event],
    names: &[SymbolIdx],
    diagnostics: &mut Diagnostics,
) {
    let mut known: HashMap<SymbolIdx, Option<Known>> = names.iter().map(|&name| (name, None)).collect();
    for event in events.iter().filter(|event| !event.lazy) {
        let file = resolution.file_of[event.member];
        let library = resolution.shared.iter().find(|(member, _)| *member == event.member).map(|(_, object)| object);
        let Some(object) = file.map(|file| &resolution.files[file].object).or(library) else { continue };
        for index in event.start..event.end {
            let entry = &object.symbols[index as usize];
            let name = resolution.names.symbols[event.member][index as usize];
            let Some(&at) = resolution.symbol_of.get(name.0 as usize) else { continue };
            let at = SymbolIdx(at);
            let Some(state) = known.get_mut(&at).filter(|_| entry.kind == SymbolKind::Function) else { continue };
            let signature = Some(resolution.names.types[event.member][object.signature_type(entry) as usize]);
            let shared = file.is_none();
            let called = file.is_some_and(|file| resolution.files[file].contents.is_called(index));
            let Some(old) = state else {
                *state = Some(Known { signature, member: event.member, shared, called });
                continue;
            };
            if shared && old.shared {
                continue;
            }
            let checked = if shared { old.called } else { called };
            let mut signature = signature;
            if checked && old.signature != signature {
                if !options.no_shlib_sigcheck && (shared || old.shared) {
                    report(resolution, at, (old.signature, old.member), (signature, event.member), diagnostics);
                }
                match shared {
                    true if options.no_shlib_sigcheck => signature = old.signature,
                    false if options.no_shlib_sigcheck || !old.called => old.signature = signature,
                    _ => {}
                }
            }
            old.called |= called;
            if shared {
                (old.signature, old.member, old.shared) = (signature, event.member, true);
            }
        }
    }
    for (at, state) in known {
        if let Some(state) = state {
            resolution.signatures[at] = state.signature;
        }
    }
}

fn report(
    resolution: &Resolution,
    at: SymbolIdx,
    first: (Option<SignatureIdx>, MemberIdx),
    second: (Option<SignatureIdx>, MemberIdx),
    diagnostics: &mut Diagnostics,
) {
    let place = |(signature, member): (Option<SignatureIdx>, MemberIdx)| {
        let signature = signature.map_or(String::new(), |index| signature_text(resolution.names.signature(index)));
        let file = resolution.file_of[member].map(|file| &resolution.files[file].object);
        let library = resolution.shared.iter().find(|(other, _)| *other == member).map(|(_, object)| object);
        format!("defined as {signature} in {}", file.or(library).map_or("<internal>", |object| &object.name))
    };
    let message = format!("function signature mismatch: {}", resolution.name(at));
    diagnostics.push(Diagnostic::error(Kind::Signature, message).note(place(first)).note(place(second)));
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
        use crate::options::Unresolved;
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
        use crate::options::Unresolved;
        options.is_pic() || options.unresolved == Unresolved::ImportDynamic || !self.shared.is_empty()
    }
}
