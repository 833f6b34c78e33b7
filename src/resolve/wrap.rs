//! `--wrap=S`: references to `S` go to `__wrap_S`, those to `__real_S` go to `S`.
//!
//! As in LLD both names become wanted functions once all inputs are known, and what objects refer to is exchanged when
//! every name has its meaning. Definitions are exchanged with them: an object that defines `S` calls `__wrap_S`, too.

use super::replay::Replay;
use super::symbol::{NO_MEMBER, State, bits};
use super::{LOCAL, Resolution};
use crate::diagnostic::Diagnostics;
use crate::index::SymbolIdx;
use crate::object::{SymbolFlags, SymbolKind};
use crate::options::Options;
use crate::par;
use rayon::prelude::*;
use std::collections::HashMap;

/// A symbol that is wrapped.
pub struct Wrapped {
    /// `S`.
    symbol: SymbolIdx,
    /// `__real_S`.
    real: SymbolIdx,
    /// `__wrap_S`.
    wrap: SymbolIdx,
}

/// The names that wrapping refers to; they must have been interned by then.
pub fn names(options: &Options) -> Vec<String> {
    options.wrap.iter().flat_map(|name| [format!("__real_{name}"), format!("__wrap_{name}")]).collect()
}

/// Makes `__wrap_S` and `__real_S` wanted for each `S` of the options that some input mentions.
///
/// # Errors
/// In `diagnostics`: one of them is something else than a function.
pub fn add(options: &Options, replay: &mut Replay, diagnostics: &mut Diagnostics) -> Vec<Wrapped> {
    let mut wrapped: Vec<Wrapped> = Vec::new();
    for name in &options.wrap {
        let Some(symbol) = replay.find(name).filter(|&at| wrapped.iter().all(|seen| seen.symbol != at)) else {
            continue;
        };
        let real = refer(replay, format!("__real_{name}"), diagnostics);
        let wrap = refer(replay, format!("__wrap_{name}"), diagnostics);
        let (Some(real), Some(wrap)) = (real, wrap) else { continue };
        replay.symbols[symbol].bits |= bits::USED;
        replay.symbols[wrap].bits |= bits::USED;
        replay.symbols[real].bits &= !bits::USED;
        wrapped.push(Wrapped { symbol, real, wrap });
    }
    wrapped
}

/// Refers to the function `name`, as an object would.
fn refer(replay: &mut Replay, name: String, diagnostics: &mut Diagnostics) -> Option<SymbolIdx> {
    let name = replay.names.find(&name)?;
    let (at, inserted) = replay.insert(name);
    replay.trace(at, "reference to", NO_MEMBER, diagnostics);
    let symbol = &mut replay.symbols[at];
    match symbol.state {
        _ if inserted => {}
        State::Lazy => replay.extract(at, Some("<internal>"), diagnostics),
        _ if symbol.kind != SymbolKind::Function => {
            replay.type_mismatch(at, NO_MEMBER, SymbolKind::Function, diagnostics);
        }
        State::Undefined => symbol.flags.0 &= !SymbolFlags::BINDING_MASK,
        State::Defined | State::Shared => {}
    }
    Some(at)
}

/// Exchanges what the symbols of all objects stand for, and what is found under the names.
pub fn apply(options: &Options, resolution: &mut Resolution, wrapped: &[Wrapped]) {
    if wrapped.is_empty() {
        return;
    }
    let mut instead = HashMap::new();
    for &Wrapped { symbol, real, wrap } in wrapped {
        instead.insert(symbol, wrap);
        instead.insert(real, symbol);
    }
    par::uneven(resolution.files.as_mut_slice().par_iter_mut()).for_each(|file| {
        for target in file.targets.iter_mut().filter(|target| **target != LOCAL) {
            if let Some(&other) = instead.get(target) {
                *target = other;
            }
        }
    });
    for &Wrapped { symbol, real, wrap } in wrapped {
        let slot = |symbol: SymbolIdx| resolution.symbols[symbol].name.0 as usize;
        let (symbol, real, wrap) = (slot(symbol), slot(real), slot(wrap));
        resolution.symbol_of[real] = resolution.symbol_of[symbol];
        resolution.symbol_of[symbol] = resolution.symbol_of[wrap];
    }
    // Nobody has said what a missing wrapper takes and returns: the same as the function that it wraps.
    for &Wrapped { symbol, wrap, .. } in wrapped {
        resolution.signatures[wrap] = resolution.signatures[wrap].get().or(resolution.signatures[symbol].get()).into();
    }
    // What was wanted and exported as the entry stays so; what runs is what is now found under its name.
    if let (Some(_), Some(name)) = (resolution.known.entry, &options.entry) {
        resolution.known.entry = resolution.find(name);
    }
}
