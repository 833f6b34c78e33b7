//! Enters the linker's own symbols into the symbol table.

use super::replay::{Replay, exported_names};
use super::symbol::{NO_MEMBER, State, bits};
use super::{GlobalRole, Known, LinkerGlobal, Role, pointer_type};
use crate::index::{NameIdx, SymbolIdx};
use crate::linker_defined::{self as linker, DATA_SYMBOLS, DataSymbol};
use crate::object::{GlobalType, SymbolFlags, SymbolKind};
use crate::options::Options;

/// What the linker defined, before it has numbers.
#[derive(Default)]
pub struct LinkerSymbols {
    /// Symbols that later passes ask for.
    pub known: Known,
    /// Functions, in the order of their creation.
    pub functions: Vec<(SymbolIdx, Role)>,
    /// Globals, in the order of their creation.
    pub globals: Vec<LinkerGlobal>,
    /// Data symbols.
    pub data: Vec<(SymbolIdx, DataSymbol)>,
}

fn define(replay: &mut Replay, name: NameIdx, kind: SymbolKind, flags: u16) -> SymbolIdx {
    let (at, _) = replay.insert(name);
    let symbol = &mut replay.symbols[at];
    (symbol.state, symbol.kind, symbol.flags) = (State::Defined, kind, SymbolFlags(flags));
    (symbol.member, symbol.symbol) = (NO_MEMBER, 0);
    at
}

/// Defines what every link has, before any input is looked at.
pub fn define_always(options: &Options, replay: &mut Replay) -> LinkerSymbols {
    let mut made = LinkerSymbols::default();
    if options.relocatable {
        return made;
    }
    let name = |replay: &Replay, name| replay.names.find(name).expect("interned from the start");
    let function = |replay: &mut Replay, made: &mut LinkerSymbols, text, role| {
        let at = define(replay, name(replay, text), SymbolKind::Function, SymbolFlags::HIDDEN);
        made.functions.push((at, role));
        at
    };
    let global = |replay: &mut Replay, made: &mut LinkerSymbols, text, role, mutable| {
        // `--export-dynamic` exports the stack pointer, where mutable globals may be exported at all.
        let flags = if role == GlobalRole::StackPointer { 0 } else { SymbolFlags::HIDDEN };
        let at = define(replay, name(replay, text), SymbolKind::Global, flags);
        made.globals.push(LinkerGlobal {
            role,
            symbol: at,
            ty: GlobalType { value_type: pointer_type(options), mutable },
        });
        at
    };
    made.known.call_ctors = Some(function(replay, &mut made, linker::CALL_CTORS, Role::CallCtors));
    if options.is_pic() {
        import_bases(replay, &mut made);
    } else {
        let stack_pointer = global(replay, &mut made, linker::STACK_POINTER, GlobalRole::StackPointer, true);
        replay.symbols[stack_pointer].bits |= bits::ALWAYS_LIVE;
        made.known.stack_pointer = Some(stack_pointer);
    }
    if options.shared_memory {
        made.known.tls_base = Some(global(replay, &mut made, linker::TLS_BASE, GlobalRole::TlsBase, true));
        global(replay, &mut made, linker::TLS_SIZE, GlobalRole::TlsSize, false);
        global(replay, &mut made, linker::TLS_ALIGN, GlobalRole::TlsAlign, false);
        made.known.init_tls = Some(function(replay, &mut made, linker::INIT_TLS, Role::InitTls));
    }
    made
}

/// The dynamic linker says where stack, data and address-taken functions are.
fn import_bases(replay: &mut Replay, made: &mut LinkerSymbols) {
    let mut import = |name| {
        let name = replay.names.find(name).expect("interned from the start");
        let (at, _) = replay.insert(name);
        replay.symbols[at].kind = SymbolKind::Global;
        replay.symbols[at].bits |= bits::USED;
        at
    };
    made.known.stack_pointer = Some(import(linker::STACK_POINTER));
    let (memory_base, table_base) = (import(linker::MEMORY_BASE), import(linker::TABLE_BASE));
    for at in [memory_base, table_base] {
        replay.symbols[at].bits |= bits::ALWAYS_LIVE;
    }
    (made.known.memory_base, made.known.table_base) = (Some(memory_base), Some(table_base));
}

/// Whether a module of the kind that the options ask for has the symbol `data`: a dynamic library does not know where
/// its end, the stack and the heap are.
fn is_known(options: &Options, data: DataSymbol) -> bool {
    match data {
        DataSymbol::DsoHandle | DataSymbol::FirstPageEnd => true,
        DataSymbol::DataEnd => !options.shared,
        _ => !options.is_pic(),
    }
}

/// Defines what inputs refer to, or the options export, and no input defines. Returns `__tls_base` if it is such.
pub fn define_optional(options: &Options, replay: &mut Replay, made: &mut LinkerSymbols) -> Option<SymbolIdx> {
    if options.relocatable {
        return None;
    }
    let exported = exported_names(options);
    let wanted = |replay: &Replay, text: &str| match replay.find(text) {
        Some(at) => !replay.symbols[at].is_found(),
        None => options.export_all || exported.contains(&text),
    };
    for &(data, text) in DATA_SYMBOLS.iter().filter(|&&(data, _)| is_known(options, data)) {
        if wanted(replay, text) {
            let name = replay.names.find(text).expect("interned from the start");
            let at = define(replay, name, SymbolKind::Data, SymbolFlags::HIDDEN | SymbolFlags::ABSOLUTE);
            replay.symbols[at].bits |= bits::ALWAYS_LIVE;
            made.data.push((at, data));
        }
    }
    let referenced = replay.find(linker::TLS_BASE).is_some_and(|at| !replay.symbols[at].is_defined());
    if options.shared_memory || !referenced {
        return None;
    }
    // Without threads, thread-local data is plain data and its base a constant.
    let name = replay.names.find(linker::TLS_BASE).expect("interned from the start");
    let at = define(replay, name, SymbolKind::Global, SymbolFlags::HIDDEN);
    let ty = GlobalType { value_type: pointer_type(options), mutable: false };
    made.globals.push(LinkerGlobal { role: GlobalRole::TlsBase, symbol: at, ty });
    Some(at)
}
