//! What happens when a name has two definitions, or a definition and a reference that do not fit.

use super::replay::Replay;
use super::symbol::{State, Symbol, bits};
use crate::diagnostic::{Diagnostics, Kind, Place, Subject};
use crate::index::{MemberIdx, SymbolIdx};
use crate::linker_defined as linker;
use crate::object::{self, Object, SymbolFlags, SymbolKind};

impl<'a, 'i> Replay<'a, 'i> {
    /// Whether the definition `index` of `member`, with `flags`, replaces the present state of symbol `at`; reports duplicates.
    pub(super) fn should_replace(
        &mut self,
        at: SymbolIdx,
        (member, index): (MemberIdx, u32),
        flags: SymbolFlags,
        diagnostics: &mut Diagnostics,
    ) -> bool {
        let existing = self.symbols[at];
        if !existing.is_found() {
            return true;
        }
        if flags.is_weak() {
            return false;
        }
        if existing.flags.is_weak() || existing.state == State::Shared {
            return true;
        }
        if self.options.allow_multiple_definition {
            return false;
        }
        let message = format!("duplicate symbol: {}", self.text(at));
        let make = match self.options.noinhibit_exec {
            true => crate::diagnostic::Diagnostic::warning,
            false => crate::diagnostic::Diagnostic::error,
        };
        let first = format!("defined in {}", self.file_text(existing.member));
        let second = format!("defined in {}", self.file_text(member));
        let subject = Subject::Duplicate(existing.place(), Place { member: member.0, symbol: index });
        diagnostics.push(make(Kind::Symbol, message).note(first).note(second).about(subject));
        true
    }

    /// Whether `symbol` may go on to meet the existing symbol `at`; reports clashes of kind and type as LLD does.
    pub(super) fn check_type(
        &mut self,
        at: SymbolIdx,
        object: &Object<'i>,
        member: MemberIdx,
        symbol: &object::Symbol,
        diagnostics: &mut Diagnostics,
    ) -> bool {
        let existing = self.symbols[at];
        if existing.kind != symbol.kind {
            self.type_mismatch(at, member, symbol.kind, diagnostics);
            return symbol.kind != SymbolKind::Function;
        }
        let (what, theirs, ours) = match symbol.kind {
            SymbolKind::Global => {
                let theirs = self.other(&existing).map(|(o, s)| o.global_type(s));
                let theirs =
                    theirs.unwrap_or_else(|| super::linker_global_type(self.options, self.names.name(existing.name)));
                let ours = object.global_type(symbol);
                if theirs == ours {
                    return true;
                }
                ("Global", super::global_type_text(theirs), super::global_type_text(ours))
            }
            SymbolKind::Table => {
                let Some((o, s)) = self.other(&existing) else { return true };
                let (theirs, ours) = (o.table_type(s), object.table_type(symbol));
                if theirs.element == ours.element {
                    return true;
                }
                ("Table", super::table_type_text(theirs), super::table_type_text(ours))
            }
            SymbolKind::Tag => {
                let Some((o, s)) = self.other(&existing) else { return true };
                ("Tag", super::signature_text(o.signature(s)), super::signature_text(object.signature(symbol)))
            }
            _ => return true,
        };
        if theirs != ours {
            let tag = symbol.kind == SymbolKind::Tag;
            let message = format!(
                "{what} {} mismatch: {}",
                if tag { "signature" } else { "type" },
                self.names.name(existing.name)
            );
            let make = if tag { crate::diagnostic::Diagnostic::warning } else { crate::diagnostic::Diagnostic::error };
            let first = format!("defined as {theirs} in {}", self.file_text(existing.member));
            let second = format!("defined as {ours} in {}", self.file_text(member));
            diagnostics.push(make(Kind::Symbol, message).note(first).note(second));
        }
        true
    }

    /// Whether two definitions of a function disagree about its signature.
    pub(super) fn has_other_signature(
        &self,
        existing: &Symbol,
        object: &Object<'i>,
        member: MemberIdx,
        symbol: &object::Symbol,
    ) -> bool {
        if symbol.kind != SymbolKind::Function || !existing.is_found() {
            return false;
        }
        let ours = self.names.types[member][object.signature_type(symbol) as usize];
        match self.other(existing) {
            Some((o, s)) => self.names.types[existing.member][o.signature_type(s) as usize] != ours,
            None => false,
        }
    }

    /// Object and symbol that the present state of `symbol` comes from; `None` for the linker's own.
    fn other(&self, symbol: &Symbol) -> Option<(&'a Object<'i>, &'a object::Symbol)> {
        let object = self.objects.get(symbol.member)?.as_ref()?;
        Some((object, &object.symbols[symbol.symbol as usize]))
    }

    /// Reports that `member` takes a symbol for another kind of thing.
    pub(super) fn type_mismatch(
        &self,
        at: SymbolIdx,
        member: MemberIdx,
        kind: SymbolKind,
        diagnostics: &mut Diagnostics,
    ) {
        let existing = self.symbols[at];
        let text = |kind: SymbolKind| format!("WASM_SYMBOL_TYPE_{}", format!("{kind:?}").to_uppercase());
        let message = format!("symbol type mismatch: {}", self.text(at));
        let first = format!("defined as {} in {}", text(existing.kind), self.file_text(existing.member));
        let second = format!("defined as {} in {}", text(kind), self.file_text(member));
        diagnostics.push(crate::diagnostic::Diagnostic::error(Kind::Symbol, message).note(first).note(second));
    }

    /// Objects of before `reference-types` import the function table without a symbol for it: makes that symbol.
    pub(super) fn add_legacy_table(&mut self, member: MemberIdx, diagnostics: &mut Diagnostics) {
        let Some(object) = &self.objects[member] else { return };
        let tables = object.table_imports.len() + object.tables.len();
        let symbols = object.symbols.iter().filter(|symbol| symbol.kind == SymbolKind::Table).count();
        if tables == symbols {
            return;
        }
        let name = &self.inputs.members[member].name;
        let import = object.table_imports.first().map(|import| (object.names_of(import.names).1, import.ty));
        let error = match import {
            _ if symbols != 0 => format!(
                "{name}: expected one symbol table entry for each of the {tables} table(s) present, but got {symbols} \
                 symbol(s) instead."
            ),
            _ if !object.tables.is_empty() => {
                format!("{name}: unexpected table definition(s) without corresponding symbol-table entries.")
            }
            Some((field, ty)) if tables == 1 => {
                if field == linker::INDIRECT_FUNCTION_TABLE && ty.element == 0x70 {
                    let name = self.names.find(linker::INDIRECT_FUNCTION_TABLE).expect("interned from the start");
                    let (at, inserted) = self.insert(name);
                    let symbol = &mut self.symbols[at];
                    if inserted {
                        *symbol = Symbol { kind: SymbolKind::Table, member, ..*symbol };
                        symbol.bits |= bits::OTHER_IMPORT;
                    }
                    symbol.flags.0 |= SymbolFlags::UNDEFINED | SymbolFlags::NO_STRIP;
                    symbol.bits |= bits::USED | bits::ALWAYS_LIVE;
                    self.legacy_table = true;
                    return;
                }
                format!("{name}: table import {field} is missing a symbol table entry.")
            }
            _ => format!("{name}: multiple table imports, but no corresponding symbol-table entries."),
        };
        diagnostics.error(Kind::Symbol, error);
    }
}
