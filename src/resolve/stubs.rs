//! Stub libraries: lists of names that may be imported, and what the importer needs exported in return.

use super::replay::Replay;
use super::symbol::{State, bits};
use crate::diagnostic::{Diagnostics, Kind};
use crate::index::{MemberIdx, SymbolIdx};
use crate::input::{Inputs, stub};

/// Marks what the stub libraries provide as imported, and extracts and exports what that needs, to a fixed point.
pub fn apply(replay: &mut Replay, inputs: &Inputs, diagnostics: &mut Diagnostics) {
    let libraries: Vec<_> = replay.stubs.iter().map(|&member| (member, stub::parse(inputs.bytes(member)))).collect();
    loop {
        let mut extracted = false;
        for (member, library) in &libraries {
            for (name, needs) in library {
                if let Some(at) = replay.find(name)
                    && replay.symbols[at].state == State::Undefined
                {
                    extracted |= import(replay, *member, at, needs, diagnostics);
                }
            }
            for at in replay.symbols.indices() {
                let symbol = replay.symbols[at];
                if symbol.state == State::Undefined
                    && let Some(import_name) =
                        replay.import_of(at).and_then(|(object, entry)| object.import_name(entry))
                    && let Some((_, needs)) = library.iter().find(|(name, _)| name == import_name)
                {
                    extracted |= import(replay, *member, at, needs, diagnostics);
                }
            }
        }
        if !extracted {
            return;
        }
    }
}

fn import(
    replay: &mut Replay,
    library: MemberIdx,
    at: SymbolIdx,
    needs: &[String],
    diagnostics: &mut Diagnostics,
) -> bool {
    if replay.symbols[at].is(bits::FORCE_IMPORT) {
        return false;
    }
    replay.symbols[at].bits |= bits::FORCE_IMPORT;
    let symbol = replay.symbols[at];
    let raw = replay.names.name(symbol.name);
    if symbol.is(bits::TRACED) {
        diagnostics.print(format!("{}: importing {raw}", replay.file_text(library)));
    }
    let mut extracted = false;
    for need in needs {
        let wanted = replay.find(need).filter(|&at| replay.symbols[at].state != State::Undefined);
        let Some(wanted) = wanted else {
            let (file, by) = (replay.file_text(library), replay.text(at));
            let need = replay.find(need).map_or_else(|| need.clone(), |at| replay.text(at));
            diagnostics.error(Kind::Symbol, format!("{file}: undefined symbol: {need}. Required by {by}"));
            continue;
        };
        replay.symbols[wanted].bits |= bits::FORCE_EXPORT;
        if replay.symbols[wanted].is(bits::TRACED) {
            diagnostics.print(format!("{}: exported {need} due to import of {raw}", replay.file_text(library)));
        }
        if replay.symbols[wanted].state == State::Lazy {
            extracted = true;
            replay.symbols[wanted].bits |= bits::USED;
            replay.extract(wanted, None, diagnostics);
            // The table names the symbol that is imported, and who refers to it.
            replay.extractions.push((replay.file_text(library), symbol.member, at));
        }
    }
    extracted
}
