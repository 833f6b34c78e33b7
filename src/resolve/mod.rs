//! Objects -> Resolution: what every name stands for.
//!
//! [`select`] decides on integers which members are linked, in which order, and which definition of a name wins; then
//! the rest of the linked objects is read; [`finish`] checks signatures, makes stubs and fixes for every symbol of
//! every object what it means.

mod clash;
pub mod closure;
mod finish;
mod linker_symbols;
pub mod names;
mod replay;
mod shared;
mod string_map;
mod stubs;
pub mod symbol;
mod text;
mod variants;
mod wrap;

pub use finish::finish;
pub use replay::exported_names;
use symbol::Imports;
pub use symbol::{Symbol, bits};
pub use text::linker_global_type;
pub use text::{display_name, pointer_type, signature_text, with_display_name};
use text::{global_type_text, table_type_text};
pub(crate) use text::{value_type_name, value_type_text};
pub use wrap::names as wrapped_names;

use crate::diagnostic::{Diagnostic, Diagnostics, Failed, Kind, Subject};
use crate::index::*;
use crate::input::Inputs;
use crate::linker_defined::{self as linker, DataSymbol};
use crate::object::{Contents, GlobalType, Object, Objects, Signature, SymbolFlags, SymbolKind};
use crate::options::Options;
use names::Names;
use rayon::prelude::*;
use replay::Replay;
use std::collections::HashMap;

/// Symbols that one task looks at, at least.
const SYMBOLS_PER_TASK: usize = 1 << 12;

/// What a symbol's name stands for in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definition {
    /// Nothing: imported, or 0.
    Undefined,
    /// A function of an object or of the linker.
    Function(InputFunctionIdx),
    /// A place in a data segment.
    Data {
        /// The segment.
        segment: InputSegmentIdx,
        /// Bytes from its start.
        offset: u64,
    },
    /// An address that layout knows.
    Linker(DataSymbol),
    /// This address.
    Absolute(u64),
    /// A global of an object or of the linker.
    Global(InputGlobalIdx),
    /// A tag of an object.
    Tag(InputTagIdx),
    /// A table of an object or of the linker.
    Table(InputTableIdx),
    /// A custom section of an object.
    Section(InputCustomIdx),
}

/// In [`File::targets`]: a local symbol; the object's own symbol table says what it is.
pub const LOCAL: SymbolIdx = SymbolIdx(u32::MAX);

/// A linked object.
#[derive(Debug)]
pub struct File<'i> {
    /// Where it comes from.
    pub member: MemberIdx,
    /// Types, imports, symbols.
    pub object: Box<Object<'i>>,
    /// Code, data, custom sections.
    pub contents: Box<Contents<'i>>,
    /// Whether its init functions and retained segments are roots.
    pub live: bool,
    /// For each of its symbols the global symbol that it resolves to, or [`LOCAL`].
    pub targets: Vec<SymbolIdx>,
    /// Which of its comdat groups are linked.
    pub kept_comdats: Vec<bool>,
    /// Index into `contents.customs` of each entry of `object.sections`, or `u32::MAX`.
    pub custom_of_section: Vec<u32>,
}

impl File<'_> {
    /// Whether the group `comdat` (possibly none) is linked.
    pub fn keeps(&self, comdat: Option<&u32>) -> bool {
        comdat.is_none_or(|&comdat| self.kept_comdats.get(comdat as usize).copied().unwrap_or(true))
    }
}

/// Why the linker makes a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Calls all init functions.
    CallCtors,
    /// Fills memory from passive segments.
    InitMemory,
    /// Sets up a thread's thread-local data.
    InitTls,
    /// Relocates static data.
    ApplyDataRelocs,
    /// Sets GOT entries of what the module defines itself.
    ApplyGlobalRelocs,
    /// Runs two functions at instantiation.
    Start,
    /// Sets thread-local GOT entries.
    ApplyGlobalTlsRelocs,
    /// Stores what thread-local data refers to through GOT entries.
    ApplyTlsRelocs,
    /// Traps: stands for a function that is missing or has another signature.
    Unreachable,
    /// Runs constructors, the function and destructors.
    CommandExport(InputFunctionIdx),
}

/// A function that the linker makes.
#[derive(Clone, Debug)]
pub struct LinkerFunction {
    /// Why.
    pub role: Role,
    /// Its name in the name section.
    pub name: String,
    /// The name of the symbol that it stands for.
    pub symbol_name: String,
    /// The name that it is exported by, instead of its symbol's.
    pub export_name: Option<String>,
    /// Its signature.
    pub signature: SignatureIdx,
}

/// Which value a global of the linker has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalRole {
    /// Where the stack starts.
    StackPointer,
    /// Where thread-local data is.
    TlsBase,
    /// Bytes of thread-local data.
    TlsSize,
    /// Alignment of thread-local data in bytes.
    TlsAlign,
}

/// A global that the linker makes.
#[derive(Clone, Copy, Debug)]
pub struct LinkerGlobal {
    /// Its value.
    pub role: GlobalRole,
    /// Its symbol.
    pub symbol: SymbolIdx,
    /// Its type.
    pub ty: GlobalType,
}

/// The linked objects and what every name in them stands for.
pub struct Resolution<'i> {
    /// Names and signatures.
    pub names: Names<'i>,
    /// Linked objects, in link order.
    pub files: IndexVec<FileIdx, File<'i>>,
    /// Global symbols, in the order in which their names were first met.
    pub symbols: IndexVec<SymbolIdx, Symbol>,
    /// See [`Symbol::import`].
    imports: Imports,
    /// What each of them stands for.
    pub definitions: IndexVec<SymbolIdx, Definition>,
    /// The signature of each function symbol; undefined functions included.
    pub signatures: IndexVec<SymbolIdx, Maybe<SignatureIdx>>,
    /// Shared libraries, in command-line order.
    pub shared: Vec<(MemberIdx, Box<Object<'i>>)>,
    /// The file of each member, if it is linked.
    pub file_of: IndexVec<MemberIdx, Option<FileIdx>>,
    /// Whether functions of any file are MIR.
    pub has_mir: bool,
    /// Numbers all functions through; the linker's own follow.
    pub functions: Numbering<InputFunctionIdx>,
    /// Numbers all data segments through.
    pub segments: Numbering<InputSegmentIdx>,
    /// Numbers all globals through; the linker's own follow.
    pub globals: Numbering<InputGlobalIdx>,
    /// Numbers all tags through.
    pub tags: Numbering<InputTagIdx>,
    /// Numbers all tables through; the linker's own follows.
    pub tables: Numbering<InputTableIdx>,
    /// Numbers all custom sections through.
    pub customs: Numbering<InputCustomIdx>,
    /// Functions that the linker makes, in the order of their creation.
    pub linker_functions: Vec<LinkerFunction>,
    /// Globals that the linker makes, in the order of their creation.
    pub linker_globals: Vec<LinkerGlobal>,
    /// How many symbols had names when resolution ended: the first in `symbols`. Behind them are variants of a name,
    /// which no table lists, and symbols that later passes added.
    pub named: usize,
    /// Symbols that later passes added, in order.
    pub added: Vec<SymbolIdx>,
    /// The linker's own symbols that later passes ask for.
    pub known: Known,
    /// The table of address-taken functions must be table 0.
    pub legacy_table: bool,
    symbol_of: Vec<u32>,
}

/// Symbols with a meaning to the linker.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    /// `__wasm_call_ctors`.
    pub call_ctors: Option<SymbolIdx>,
    /// `__wasm_call_dtors`, if command exports call it.
    pub call_dtors: Option<SymbolIdx>,
    /// `__stack_pointer`.
    pub stack_pointer: Option<SymbolIdx>,
    /// `__memory_base`, in position-independent output.
    pub memory_base: Option<SymbolIdx>,
    /// `__table_base`, in position-independent output.
    pub table_base: Option<SymbolIdx>,
    /// `__tls_base`, if anything needs it.
    pub tls_base: Option<SymbolIdx>,
    /// `__wasm_init_tls`, with shared memory.
    pub init_tls: Option<SymbolIdx>,
    /// The entry function.
    pub entry: Option<SymbolIdx>,
}

impl<'i> Resolution<'i> {
    /// The symbol called `name`.
    pub fn find(&self, name: &str) -> Option<SymbolIdx> {
        let name = self.names.find(name)?;
        let symbol = *self.symbol_of.get(name.0 as usize)?;
        (symbol != u32::MAX).then_some(SymbolIdx(symbol))
    }
    /// The text of a symbol's name.
    pub fn name(&self, symbol: SymbolIdx) -> &'i str {
        self.names.name(self.symbols[symbol].name)
    }
    /// The reference that gives the import module and name of an undefined symbol.
    pub fn import_of(&self, symbol: SymbolIdx) -> (MemberIdx, u32) {
        self.symbols[symbol].import(symbol, &self.imports)
    }
    /// Makes a symbol for a name that has none yet.
    pub fn add_symbol(&mut self, name: &'i str) -> SymbolIdx {
        let name = self.names.add(name);
        if name.0 as usize >= self.symbol_of.len() {
            self.symbol_of.resize(self.names.limit(), u32::MAX);
        }
        let symbol = self.symbols.push(Symbol::new(name));
        self.symbol_of[name.0 as usize] = symbol.0;
        self.definitions.push(Definition::Undefined);
        self.signatures.push(None.into());
        self.added.push(symbol);
        symbol
    }
    /// Makes a second symbol of the name of `symbol`, behind all others; the name goes on to stand for the first.
    pub fn add_twin(&mut self, symbol: SymbolIdx) -> SymbolIdx {
        let twin = self.symbols.push(Symbol::new(self.symbols[symbol].name));
        self.definitions.push(Definition::Undefined);
        self.signatures.push(None.into());
        self.added.push(twin);
        twin
    }
    /// Makes `symbol` the function `function`.
    pub fn define_function(&mut self, symbol: SymbolIdx, function: InputFunctionIdx, flags: u16) {
        self.definitions[symbol] = Definition::Function(function);
        self.signatures[symbol] = Some(self.function_signature(function)).into();
        let symbol = &mut self.symbols[symbol];
        (symbol.state, symbol.kind) = (symbol::State::Defined, SymbolKind::Function);
        symbol.flags = SymbolFlags(flags);
    }
    /// Says of a function or symbol that the linker made that it is there, if `--trace-symbol` asks for that name.
    fn trace_made(options: &Options, name: &str, diagnostics: &mut Diagnostics) {
        if options.trace_symbols.iter().any(|traced| traced == name) {
            diagnostics.print(format!("<internal>: definition of {name}"));
        }
    }
    /// Does what `--trace-symbol` asks for about the symbols that later passes added.
    pub fn trace_added(&self, options: &Options, diagnostics: &mut Diagnostics) {
        if !options.trace_symbols.is_empty() {
            for &symbol in &self.added {
                let function = match self.definitions[symbol] {
                    Definition::Function(function) => self.linker_function(function),
                    _ => None,
                };
                let name = function.map_or(self.name(symbol), |function| &function.symbol_name);
                Self::trace_made(options, name, diagnostics);
            }
        }
    }
    /// The symbols of the symbol table, in the order in which their names were first met.
    pub fn table_order(&self) -> impl Iterator<Item = SymbolIdx> + use<'_, 'i> {
        (0..self.named).map(SymbolIdx::new).chain(self.added.iter().copied())
    }
    /// Those of them that are wanted, found in parallel.
    pub fn table_order_where(&self, wanted: impl Fn(SymbolIdx) -> bool + Sync) -> Vec<SymbolIdx> {
        let named = (0..self.named).into_par_iter().with_min_len(SYMBOLS_PER_TASK).map(SymbolIdx::new);
        let mut found: Vec<SymbolIdx> = named.filter(|&symbol| wanted(symbol)).collect();
        found.extend(self.added.iter().copied().filter(|&symbol| wanted(symbol)));
        found
    }
    /// The name that the attribute `export_name` gives a function.
    pub fn export_name(&self, function: InputFunctionIdx) -> Option<&str> {
        match self.functions.locate(function) {
            Some((file, local)) => {
                let object = &self.files[file].object;
                let index = object.function_imports.len() as u32 + local;
                // Objects export few functions, and only exported symbols ask.
                object
                    .exports
                    .iter()
                    .rev()
                    .find(|export| export.kind == 0 && export.index == index)
                    .map(|export| object.text(export.name))
            }
            None => self.linker_function(function)?.export_name.as_deref(),
        }
    }
    /// The type of a global.
    pub fn global_type(&self, global: InputGlobalIdx) -> GlobalType {
        match self.globals.locate(global) {
            Some((file, local)) => self.files[file].object.globals[local as usize].ty,
            None => self.linker_globals[global.index() - self.globals.total()].ty,
        }
    }
    /// Makes a function of the linker.
    pub fn add_function(&mut self, function: LinkerFunction) -> InputFunctionIdx {
        self.linker_functions.push(function);
        InputFunctionIdx::new(self.functions.total() + self.linker_functions.len() - 1)
    }
    /// The linker's function `index`, if it is one.
    pub fn linker_function(&self, index: InputFunctionIdx) -> Option<&LinkerFunction> {
        self.linker_functions.get(index.index().checked_sub(self.functions.total())?)
    }
    /// How many functions objects and linker define together.
    pub fn function_count(&self) -> usize {
        self.functions.total() + self.linker_functions.len()
    }
    /// The object that a function is of, and its number there; `None` for those of the linker. `near` is the object that
    /// an earlier call has found, or any: neighbours are mostly found without a search.
    #[inline]
    pub fn locate_function(&self, function: InputFunctionIdx, near: &mut FileIdx) -> Option<(FileIdx, u32)> {
        if near.index() < self.files.len() {
            let range = self.functions.range(*near);
            if range.contains(&function.index()) {
                return Some((*near, (function.index() - range.start) as u32));
            }
        }
        let found = self.functions.locate(function);
        *near = found.map_or(*near, |(file, _)| file);
        found
    }
    /// The signature of a function.
    pub fn function_signature(&self, function: InputFunctionIdx) -> SignatureIdx {
        self.signature_near(function, &mut FileIdx(0))
    }
    /// The same; `near` is as in [`Resolution::locate_function`].
    #[inline]
    pub fn signature_near(&self, function: InputFunctionIdx, near: &mut FileIdx) -> SignatureIdx {
        match self.locate_function(function, near) {
            Some((file, local)) => {
                let file = &self.files[file];
                self.names.types[file.member][file.object.functions[local as usize] as usize]
            }
            None => self.linker_functions[function.index() - self.functions.total()].signature,
        }
    }
    /// What symbol `symbol` of `file` stands for.
    #[inline]
    pub fn definition(&self, file: FileIdx, symbol: u32) -> Definition {
        match self.files[file].targets[symbol as usize] {
            LOCAL => self.local_definition(file, symbol),
            target => self.definitions[target],
        }
    }
    /// What kind of thing symbol `symbol` of `file` stands for: that of the definition, where there is one.
    #[inline]
    pub fn kind(&self, file: FileIdx, symbol: u32) -> SymbolKind {
        match self.files[file].targets[symbol as usize] {
            LOCAL => self.files[file].object.symbols[symbol as usize].kind,
            target => self.symbols[target].kind,
        }
    }
    /// The global symbol that symbol `symbol` of `file` resolves to; `None` for local symbols.
    #[inline]
    pub fn target(&self, file: FileIdx, symbol: u32) -> Option<SymbolIdx> {
        let target = self.files[file].targets[symbol as usize];
        (target != LOCAL).then_some(target)
    }
    /// What the object's own symbol table says of one of its symbols.
    #[inline]
    pub fn local_definition(&self, file: FileIdx, symbol: u32) -> Definition {
        let object = &self.files[file].object;
        let entry = &object.symbols[symbol as usize];
        if entry.flags.is_undefined() {
            return Definition::Undefined;
        }
        let local = |imports: usize| entry.index - imports as u32;
        match entry.kind {
            SymbolKind::Function => {
                Definition::Function(self.functions.get(file, local(object.function_imports.len())))
            }
            // As in LLD, an absolute symbol counts from a segment if it names one that exists.
            SymbolKind::Data
                if entry.flags.has(SymbolFlags::ABSOLUTE)
                    && entry.index as usize >= self.files[file].contents.segments.len() =>
            {
                Definition::Absolute(object.offset_of(entry))
            }
            SymbolKind::Data => {
                Definition::Data { segment: self.segments.get(file, entry.index), offset: object.offset_of(entry) }
            }
            SymbolKind::Global => Definition::Global(self.globals.get(file, local(object.global_imports.len()))),
            SymbolKind::Tag => Definition::Tag(self.tags.get(file, local(object.tag_imports.len()))),
            SymbolKind::Table => Definition::Table(self.tables.get(file, local(object.table_imports.len()))),
            SymbolKind::Section => match self.files[file].custom_of_section[entry.index as usize] {
                u32::MAX => Definition::Undefined,
                custom => Definition::Section(self.customs.get(file, custom)),
            },
        }
    }
    /// The signature of a function of no parameters and results.
    pub fn empty_signature(&mut self) -> SignatureIdx {
        self.names.add_signature(Signature::EMPTY)
    }
    /// Whether the options export this symbol (LLD's `isExported`).
    pub fn is_exported(&self, options: &Options, symbol: SymbolIdx) -> bool {
        let symbol = &self.symbols[symbol];
        if !symbol.is_defined() || symbol.flags.is_local() {
            return false;
        }
        options.export_all
            || (options.export_dynamic && !symbol.flags.has(SymbolFlags::HIDDEN))
            || symbol.is(bits::FORCE_EXPORT)
            || symbol.flags.has(SymbolFlags::EXPORTED)
    }
    /// Whether a shared library exports this symbol, if it is live, because the dynamic linker may choose it.
    pub fn is_exported_weak(&self, options: &Options, symbol: SymbolIdx) -> bool {
        let symbol = &self.symbols[symbol];
        options.shared && symbol.is_defined() && symbol.flags.is_weak() && !symbol.flags.has(SymbolFlags::HIDDEN)
    }
    /// A file's name as messages show it.
    pub fn file_name(&self, symbol: SymbolIdx) -> &str {
        self.file_of
            .get(self.symbols[symbol].member)
            .copied()
            .flatten()
            .map_or("<internal>", |file| self.files[file].object.name)
    }
    /// A symbol's name in the name section: a trapping stub says what it stands for.
    pub fn debug_name(&self, symbol: SymbolIdx) -> &str {
        match self.definitions[symbol] {
            Definition::Function(function) if self.symbols[symbol].is(bits::STUB) => {
                self.linker_function(function).map_or("", |function| &function.name)
            }
            _ => self.name(symbol),
        }
    }
    /// A symbol's name as messages show it.
    pub fn text(&self, options: &Options, symbol: SymbolIdx) -> String {
        display_name(self.name(symbol), options.demangle).into_owned()
    }
}

/// Which members are linked, and which definition of each name wins.
pub struct Selection {
    pub(crate) symbols: IndexVec<SymbolIdx, Symbol>,
    pub(crate) imports: Imports,
    pub(crate) symbol_of: Vec<u32>,
    /// Linked members, in link order.
    pub link_order: Vec<MemberIdx>,
    pub(crate) kept_comdats: IndexVec<MemberIdx, Vec<bool>>,
    pub(crate) events: Vec<replay::Event>,
    pub(crate) lazy_references: HashMap<SymbolIdx, (MemberIdx, u32)>,
    pub(crate) extractions: Vec<(String, MemberIdx, SymbolIdx)>,
    pub(crate) legacy_table: bool,
    pub(crate) shared: Vec<MemberIdx>,
    pub(crate) known: Known,
    pub(crate) linker: linker_symbols::LinkerSymbols,
    pub(crate) wrapped: Vec<wrap::Wrapped>,
    /// Whether a member should be linked that was not read: the selection is of no use then.
    pub incomplete: bool,
}

impl Selection {
    /// Lines of `--why-extract`: who asked, for which member, for which symbol.
    pub fn extractions(&self) -> &[(String, MemberIdx, SymbolIdx)] {
        &self.extractions
    }
    /// The name of a symbol.
    pub fn name(&self, symbol: SymbolIdx) -> NameIdx {
        self.symbols[symbol].name
    }
}

/// Decides which members are linked, in which order, and which definition of each name wins. Calls `linked` with each of
/// them as soon as it is known, so that their contents can be read meanwhile.
///
/// # Errors
/// Duplicate symbols, clashes of kind or type, a missing entry symbol; all of them, in LLD's order.
pub fn select<'i>(
    options: &Options,
    inputs: &Inputs,
    objects: &Objects<'i>,
    names: &mut Names<'i>,
    linked: &dyn Fn(MemberIdx),
    diagnostics: &mut Diagnostics,
) -> Result<Selection, Failed> {
    let mut replay = Replay::new(options, inputs, objects, names, linked);
    let mut linker = linker_symbols::define_always(options, &mut replay);
    replay.trace_linker_symbols(diagnostics);
    replay.add_inputs(diagnostics);
    diagnostics.checkpoint()?;
    replay.want_options(diagnostics);
    let mut known = linker.known;
    known.entry = want_entry(options, &mut replay, diagnostics);
    known.call_dtors = want_dtors(options, &mut replay, &linker, diagnostics);
    diagnostics.checkpoint()?;
    let wrapped = wrap::add(options, &mut replay, diagnostics);
    stubs::apply(&mut replay, inputs, diagnostics);
    known.tls_base = linker_symbols::define_optional(options, &mut replay, &mut linker).or(known.tls_base);
    let incomplete = replay.incomplete;
    let (link_order, kept_comdats) = (std::mem::take(&mut replay.link_order), std::mem::take(&mut replay.kept_comdats));
    let (events, extractions) = (std::mem::take(&mut replay.events), std::mem::take(&mut replay.extractions));
    let lazy_references = std::mem::take(&mut replay.lazy_references);
    let (legacy_table, shared) = (replay.legacy_table, std::mem::take(&mut replay.shared));
    let imports = std::mem::take(&mut replay.imports);
    replay.names.comdats = IndexVec::new();
    let (symbols, symbol_of) = replay.into_tables();
    Ok(Selection {
        symbols,
        imports,
        symbol_of,
        link_order,
        kept_comdats,
        events,
        lazy_references,
        extractions,
        legacy_table,
        shared,
        known,
        linker,
        wrapped,
        incomplete,
    })
}

fn want_entry(options: &Options, replay: &mut Replay, diagnostics: &mut Diagnostics) -> Option<SymbolIdx> {
    let name = options.entry.as_deref()?;
    let symbol = replay.want(name, "--entry", diagnostics);
    match symbol {
        Some(symbol) if replay.symbols[symbol].is_found() => {
            replay.symbols[symbol].bits |= bits::FORCE_EXPORT;
            Some(symbol)
        }
        _ => {
            let message = format!("entry symbol not defined (pass --no-entry to suppress): {name}");
            diagnostics.push(Diagnostic::error(Kind::Symbol, message).about(Subject::Entry(name.to_owned())));
            None
        }
    }
}

/// If nothing takes care of constructors, the command's exports do, and then they also call the C library's destructors.
fn want_dtors(
    options: &Options,
    replay: &mut Replay,
    linker: &linker_symbols::LinkerSymbols,
    diagnostics: &mut Diagnostics,
) -> Option<SymbolIdx> {
    let ctors = linker.known.call_ctors?;
    if options.shared
        || replay.symbols[ctors].is(bits::USED)
        || options.entry.as_deref() == Some(linker::CALL_CTORS)
        || exported_names(options).contains(&linker::CALL_CTORS)
    {
        return None;
    }
    let dtors = replay.want(linker::CALL_DTORS, "<internal>", diagnostics)?;
    let symbol = replay.symbols[dtors];
    if symbol.kind != SymbolKind::Function || !symbol.is_defined() {
        diagnostics.error(Kind::Symbol, "__wasm_call_dtors must be a function");
        return None;
    }
    Some(dtors)
}
