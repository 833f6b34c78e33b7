//! Turns the selection into numbers: what each symbol of each linked object means.

use super::linker_symbols::LinkerSymbols;
use super::replay::exported_names;
use super::symbol::{NO_MEMBER, State, bits};
use super::*;
use crate::diagnostic::Diagnostics;
use crate::options::symbol_rules::SymbolRules;
use crate::par;
use rayon::prelude::*;

/// Resolves every symbol of every linked object. `contents` are those of the linked objects, in link order.
///
/// # Errors
/// Signatures that disagree and no definition tells which is right.
pub fn finish<'i>(
    options: &Options,
    inputs: &Inputs,
    mut objects: Objects<'i>,
    contents: Vec<Box<Contents<'i>>>,
    mut names: Names<'i>,
    selection: Selection,
    diagnostics: &mut Diagnostics,
) -> Result<Resolution<'i>, Failed> {
    let mut file_of = IndexVec::filled(None, objects.len());
    let mut files: IndexVec<FileIdx, File<'i>> = Vec::with_capacity(contents.len()).into();
    let mut kept_comdats = selection.kept_comdats;
    let mut named = Vec::with_capacity(contents.len());
    for (&member, contents) in selection.link_order.iter().zip(contents) {
        let object = objects[member].take().expect("a linked member is an object and is linked once");
        let kept_comdats = std::mem::take(&mut kept_comdats[member]);
        let live = inputs.members[member].live;
        let file =
            File { member, object, contents, live, targets: Vec::new(), kept_comdats, custom_of_section: Vec::new() };
        file_of[member] = Some(files.push(file));
        named.push(std::mem::take(&mut names.symbols[member]).into_vec());
    }
    par::uneven(files.as_mut_slice().par_iter_mut().zip(named)).for_each(|(file, named)| {
        file.custom_of_section = customs_by_section(&file.object, &file.contents);
        // Targets take the place of names: a vector that is mapped to one of like items stays where it is.
        file.targets = named
            .into_iter()
            .map(|name| match name {
                names::NO_NAME => LOCAL,
                name => SymbolIdx(selection.symbol_of[name.0 as usize]),
            })
            .collect();
    });
    let libraries = selection.shared.iter().filter_map(|&member| Some((member, objects[member].take()?))).collect();
    let mut resolution = Resolution {
        shared: libraries,
        has_mir: files.iter().any(|file| file.contents.mir.is_some()),
        functions: Numbering::new(files.iter().map(|file| file.object.functions.len())),
        segments: Numbering::new(files.iter().map(|file| file.contents.segments.len())),
        globals: Numbering::new(files.iter().map(|file| file.object.globals.len())),
        tags: Numbering::new(files.iter().map(|file| file.object.tags.len())),
        tables: Numbering::new(files.iter().map(|file| file.object.tables.len())),
        customs: Numbering::new(files.iter().map(|file| file.contents.customs.len())),
        named: selection.symbols.len(),
        added: Vec::new(),
        symbols: selection.symbols,
        imports: selection.imports,
        definitions: IndexVec::new(),
        signatures: IndexVec::new(),
        linker_functions: Vec::new(),
        linker_globals: Vec::new(),
        known: selection.known,
        legacy_table: selection.legacy_table,
        symbol_of: selection.symbol_of,
        names,
        files,
        file_of,
    };
    resolution.demote_lazy(&selection.lazy_references);
    resolution.define_all();
    resolution.trace_optional(&selection.linker, diagnostics);
    resolution.define_linker_symbols(options, selection.linker);
    variants::resolve(options, &mut resolution, &selection.events, diagnostics);
    diagnostics.checkpoint()?;
    wrap::apply(options, &mut resolution, &selection.wrapped);
    resolution.force_exports(options);
    resolution.apply_rules(&inputs.symbol_rules);
    if options.is_pic() {
        resolution.mark_called();
    } else if !options.relocatable {
        resolution.stub_weak_references(options, diagnostics);
    }
    if let Some(entry) = resolution.known.entry {
        resolution.symbols[entry].flags.0 &= !SymbolFlags::HIDDEN;
    }
    let empty = resolution.empty_signature();
    if resolution.known.call_dtors.is_some_and(|dtors| resolution.signatures[dtors].get() != Some(empty)) {
        let place = resolution.known.call_dtors.map_or("", |dtors| resolution.file_name(dtors));
        let error = Diagnostic::error(Kind::Symbol, "__wasm_call_dtors must have no argument or return values");
        diagnostics.push(error.hint(format!("defined in {place}")));
    }
    diagnostics.checkpoint()?;
    Ok(resolution)
}

/// Symbols that later passes add, if they are few.
const SYMBOLS_TO_COME: usize = 64;

fn customs_by_section(object: &Object, contents: &Contents) -> Vec<u32> {
    let mut custom_of_section = vec![u32::MAX; object.sections.len()];
    for (i, custom) in contents.customs.iter().enumerate() {
        custom_of_section[custom.section as usize] = i as u32;
    }
    custom_of_section
}

impl<'i> Resolution<'i> {
    /// A function that only weak references name and whose member stays out is an undefined function after all.
    fn demote_lazy(&mut self, references: &HashMap<SymbolIdx, (MemberIdx, u32)>) {
        let is_lazy = |symbol: &Symbol| symbol.state == State::Lazy && symbol.flags.is_weak();
        for (at, symbol) in self.symbols.iter_mut().enumerate().filter(|(_, symbol)| is_lazy(symbol)) {
            symbol.state = State::Undefined;
            symbol.flags.0 |= SymbolFlags::UNDEFINED;
            (symbol.member, symbol.symbol) = references.get(&SymbolIdx::new(at)).copied().unwrap_or((NO_MEMBER, 0));
            symbol.bits |= bits::OTHER_IMPORT;
            self.imports.remove(&SymbolIdx::new(at));
        }
    }

    /// Fills `definitions` and `signatures` from the symbol tables of the linked objects.
    fn define_all(&mut self) {
        let meaning = |symbol: &Symbol| -> (Definition, Maybe<SignatureIdx>) {
            if symbol.state == State::Shared {
                return (Definition::Undefined, self.shared_signature(symbol).into());
            }
            let Some(file) = self.file_of.get(symbol.member).copied().flatten() else {
                return (Definition::Undefined, None.into());
            };
            let object = &self.files[file].object;
            let Some(entry) = object.symbols.get(symbol.symbol as usize) else {
                return (Definition::Undefined, None.into());
            };
            let signature = matches!(entry.kind, SymbolKind::Function | SymbolKind::Tag)
                .then(|| self.names.types[symbol.member][object.signature_type(entry) as usize]);
            let definition = match symbol.state {
                State::Defined => self.local_definition(file, symbol.symbol),
                _ => Definition::Undefined,
            };
            (definition, signature.into())
        };
        // With room for the few that layout adds: vectors that grow are copied.
        let room = self.symbols.len() + SYMBOLS_TO_COME;
        let mut both = (Vec::with_capacity(room), Vec::with_capacity(room));
        both.par_extend(self.symbols.as_slice().par_iter().map(meaning));
        (self.definitions, self.signatures) = (both.0.into(), both.1.into());
    }

    /// The signature that a shared library gives its function `symbol`.
    fn shared_signature(&self, symbol: &Symbol) -> Option<SignatureIdx> {
        let (member, object) = self.shared.iter().find(|(member, _)| *member == symbol.member)?;
        let entry = &object.symbols[symbol.symbol as usize];
        let ty = (symbol.kind == SymbolKind::Function).then(|| object.signature_type(entry))?;
        Some(self.names.types[*member][ty as usize])
    }

    fn define_linker_symbols(&mut self, options: &Options, made: LinkerSymbols) {
        let empty = self.empty_signature();
        let pointer: &'static [u8] = if pointer_type(options) == 0x7e { &[1, 0x7e, 0] } else { &[1, 0x7f, 0] };
        for (symbol, role) in made.functions {
            let signature = match role {
                Role::InitTls => self.names.add_signature(Signature(pointer)),
                _ => empty,
            };
            let name = self.name(symbol).to_string();
            let function = self.add_function(LinkerFunction {
                role,
                symbol_name: name.clone(),
                name,
                export_name: None,
                signature,
            });
            self.definitions[symbol] = Definition::Function(function);
            self.signatures[symbol] = Some(signature).into();
        }
        for global in made.globals {
            let index = InputGlobalIdx::new(self.globals.total() + self.linker_globals.len());
            self.linker_globals.push(global);
            self.definitions[global.symbol] = Definition::Global(index);
        }
        for (symbol, data) in made.data {
            self.definitions[symbol] = Definition::Linker(data);
        }
    }

    /// Does what `--trace-symbol` asks for about the linker's symbols that exist because something refers to them.
    fn trace_optional(&self, made: &LinkerSymbols, diagnostics: &mut Diagnostics) {
        let tls_base = made.globals.iter().map(|global| global.symbol).filter(|&at| Some(at) == self.known.tls_base);
        let tls_base = tls_base.filter(|_| self.known.init_tls.is_none());
        for at in made.data.iter().map(|&(at, _)| at).chain(tls_base) {
            self.trace_stub(at, self.name(at), diagnostics);
        }
    }

    /// Does what `--trace-symbol` asks for about `symbol`, which gets a definition of the linker called `name`.
    pub(super) fn trace_stub(&self, symbol: SymbolIdx, name: &str, diagnostics: &mut Diagnostics) {
        if self.symbols[symbol].is(bits::TRACED) {
            diagnostics.print(format!("<internal>: definition of {name}"));
        }
    }

    fn force_exports(&mut self, options: &Options) {
        for name in exported_names(options) {
            if let Some(symbol) = self.find(name).filter(|&symbol| self.symbols[symbol].is_defined()) {
                self.symbols[symbol].bits |= bits::FORCE_EXPORT;
            }
        }
    }

    /// Hides what version scripts make local; exports what dynamic lists name.
    fn apply_rules(&mut self, rules: &SymbolRules) {
        if rules.is_empty() {
            return;
        }
        for at in (0..self.symbols.len()).map(SymbolIdx::new) {
            let symbol = &self.symbols[at];
            if !symbol.is_defined() || symbol.flags.is_local() {
                continue;
            }
            let name = self.name(at);
            if rules.exports(name) && !symbol.flags.has(SymbolFlags::HIDDEN) {
                self.symbols[at].bits |= bits::FORCE_EXPORT;
            } else if rules.hides(name) {
                self.symbols[at].flags.0 |= SymbolFlags::HIDDEN;
            }
        }
    }

    /// Calls of a function that is only weakly referred to, and missing, must validate: they go to a trapping stub.
    fn stub_weak_references(&mut self, options: &Options, diagnostics: &mut Diagnostics) {
        for index in 0..self.named {
            let at = SymbolIdx::new(index);
            let symbol = &self.symbols[at];
            if symbol.is_undefined_weak()
                && symbol.is(bits::USED)
                && symbol.kind == SymbolKind::Function
                && let Some(signature) = self.signatures[at].get()
            {
                let name = format!("undefined_weak:{}", self.text(options, at));
                self.trace_stub(at, &name, diagnostics);
                self.replace_with_stub(at, signature, name);
                self.symbols[at].flags.0 |= SymbolFlags::HIDDEN;
            }
        }
    }

    /// Makes `symbol` a trapping function called `name` in the name section.
    pub(super) fn replace_with_stub(&mut self, symbol: SymbolIdx, signature: SignatureIdx, name: String) {
        let function = self.add_function(LinkerFunction {
            role: Role::Unreachable,
            symbol_name: self.name(symbol).into(),
            name,
            export_name: None,
            signature,
        });
        self.definitions[symbol] = Definition::Function(function);
        self.signatures[symbol] = Some(signature).into();
        let symbol = &mut self.symbols[symbol];
        (symbol.state, symbol.flags) = (State::Defined, SymbolFlags(SymbolFlags::LOCAL));
        symbol.member = NO_MEMBER;
        symbol.bits |= bits::STUB;
    }
}
