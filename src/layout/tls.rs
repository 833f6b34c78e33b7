//! References to thread-local data, which count from `__tls_base`.

use super::members::output_name;
use crate::diagnostic::{Diagnostics, Kind};
use crate::index::*;
use crate::object::SymbolFlags;
use crate::object::linking::SEGMENT_TLS;
use crate::object::relocations::Relocation;
use crate::options::Options;
use crate::resolve::{Definition, Resolution, display_name};

/// Why a symbol cannot be referred to relative to `__tls_base`.
pub(super) enum TlsProblem {
    Undefined,
    NotTls,
    /// In an output segment of this name.
    NotInTlsSection(String),
}

/// What is wrong with referring to a symbol relative to `__tls_base`; usually nothing, at most two things.
pub(super) fn tls_problems(options: &Options, resolution: &Resolution, file: FileIdx, symbol: u32) -> Vec<TlsProblem> {
    let definition = resolution.definition(file, symbol);
    let mut problems = Vec::new();
    if definition == Definition::Undefined {
        problems.push(TlsProblem::Undefined);
    }
    // Without threads, thread-local data is plain data.
    if !options.shared_memory {
        return problems;
    }
    let flags = match resolution.target(file, symbol) {
        Some(target) => resolution.symbols[target].flags,
        None => resolution.files[file].object.symbols[symbol as usize].flags,
    };
    let segment = match definition {
        Definition::Data { segment, .. } => resolution.segments.locate(segment),
        _ => None,
    };
    let segment = segment.map(|(file, local)| (&*resolution.files[file].object, local as usize));
    let segment = segment.map(|(object, local)| (object, object.info_of_segment(local)));
    let in_tls_segment = segment.is_some_and(|(_, info)| info.flags & SEGMENT_TLS != 0);
    if !flags.has(SymbolFlags::TLS) && !in_tls_segment {
        problems.push(TlsProblem::NotTls);
    }
    if let Some((object, info)) = segment.filter(|_| !in_tls_segment) {
        problems.push(TlsProblem::NotInTlsSection(output_name(options, object, info).into()));
    }
    problems
}

/// Reports such a relocation.
pub(super) fn report_tls(
    options: &Options,
    resolution: &Resolution,
    file: FileIdx,
    relocation: Relocation,
    diagnostics: &mut Diagnostics,
) {
    let object = &resolution.files[file].object;
    let name = display_name(object.text(object.symbols[relocation.index as usize].name), options.demangle);
    for problem in tls_problems(options, resolution, file, relocation.index) {
        let problem = match problem {
            TlsProblem::Undefined => format!("an undefined symbol `{name}`"),
            TlsProblem::NotTls => format!("non-TLS symbol `{name}`"),
            TlsProblem::NotInTlsSection(section) => format!("`{name}` in non-TLS section: {section}"),
        };
        let message = format!("{}: relocation {:?} cannot be used against {problem}", object.name, relocation.kind);
        diagnostics.error(Kind::Symbol, message);
    }
}
