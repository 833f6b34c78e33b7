//! Counts what relocatable objects consist of: real ones, and those of the bench.

use std::path::Path;
use wasmparser::{
    DefinedDataSymbol, KnownCustom, Linking, LinkingSectionReader, Operator, Parser, Payload, RelocSectionReader,
    RelocationType, SymbolFlags, SymbolInfo,
};

/// What some objects consist of.
#[derive(Default)]
pub struct Counts {
    objects: u64,
    bytes: u64,
    debug_bytes: u64,
    functions: u64,
    body_bytes: u64,
    sizes: Vec<u64>,
    instructions: u64,
    locals: u64,
    memory: u64,
    control: u64,
    /// Relocations of code: calls, globals, table slots, addresses, accesses, types.
    code: [u64; 6],
    data_relocations: u64,
    segments: u64,
    segment_bytes: u64,
    comdats: u64,
    defined: Names,
    undefined: Names,
    /// Defined functions that only their object sees.
    local: u64,
    data: Names,
    undefined_data: Names,
}

/// How many names, and their bytes.
#[derive(Clone, Copy, Default)]
struct Names(u64, u64);

impl Names {
    fn add(&mut self, name: &str) {
        self.0 += 1;
        self.1 += name.len() as u64;
    }
}

impl Counts {
    /// Adds an object.
    ///
    /// # Errors
    /// It is none.
    pub fn add(&mut self, object: &[u8]) -> wasmparser::Result<()> {
        let (mut imported, mut section, mut code) = (Vec::new(), 0, None);
        self.objects += 1;
        self.bytes += object.len() as u64;
        for payload in Parser::new(0).parse_all(object) {
            let payload = payload?;
            match &payload {
                Payload::ImportSection(imports) => {
                    for import in imports.clone().into_imports() {
                        let import = import?;
                        if matches!(import.ty, wasmparser::TypeRef::Func(_)) {
                            imported.push(import.name);
                        }
                    }
                }
                Payload::CodeSectionStart { .. } => code = Some(section),
                Payload::CodeSectionEntry(body) => self.body(body)?,
                Payload::DataSection(segments) => {
                    for segment in segments.clone() {
                        self.segments += 1;
                        self.segment_bytes += segment?.data.len() as u64;
                    }
                }
                Payload::CustomSection(custom) => {
                    if custom.name().contains("debug_") {
                        self.debug_bytes += custom.data().len() as u64;
                    }
                    match custom.as_known() {
                        KnownCustom::Linking(linking) => self.linking(&linking, &imported)?,
                        KnownCustom::Reloc(relocations) => self.relocations(&relocations, code)?,
                        _ => {}
                    }
                }
                _ => {}
            }
            let is_section = !matches!(payload, Payload::Version { .. } | Payload::CodeSectionEntry(_));
            section += is_section as u32;
        }
        Ok(())
    }

    fn body(&mut self, body: &wasmparser::FunctionBody) -> wasmparser::Result<()> {
        self.functions += 1;
        self.body_bytes += body.as_bytes().len() as u64;
        let mut operators = body.get_operators_reader()?;
        let before = self.instructions;
        while !operators.eof() {
            let operator = operators.read()?;
            self.instructions += 1;
            match operator {
                Operator::LocalGet { .. } | Operator::LocalSet { .. } | Operator::LocalTee { .. } => self.locals += 1,
                Operator::Block { .. }
                | Operator::Loop { .. }
                | Operator::If { .. }
                | Operator::Else
                | Operator::End
                | Operator::Br { .. }
                | Operator::BrIf { .. }
                | Operator::BrTable { .. }
                | Operator::Return => self.control += 1,
                _ => self.memory += is_access(&operator) as u64,
            }
        }
        self.sizes.push(self.instructions - before);
        Ok(())
    }

    fn linking(&mut self, linking: &LinkingSectionReader, imported: &[&str]) -> wasmparser::Result<()> {
        for subsection in linking.subsections() {
            match subsection? {
                Linking::SymbolTable(symbols) => {
                    for symbol in symbols {
                        self.symbol(&symbol?, imported);
                    }
                }
                Linking::ComdatInfo(comdats) => self.comdats += comdats.count() as u64,
                _ => {}
            }
        }
        Ok(())
    }

    fn symbol(&mut self, symbol: &SymbolInfo, imported: &[&str]) {
        match *symbol {
            SymbolInfo::Func { flags, index, name } if flags.contains(SymbolFlags::UNDEFINED) => {
                self.undefined.add(name.unwrap_or_else(|| imported.get(index as usize).copied().unwrap_or("")));
            }
            SymbolInfo::Func { flags, name, .. } => {
                self.defined.add(name.unwrap_or(""));
                self.local += flags.contains(SymbolFlags::BINDING_LOCAL) as u64;
            }
            SymbolInfo::Data { name, symbol: Some(DefinedDataSymbol { .. }), .. } => self.data.add(name),
            SymbolInfo::Data { name, .. } => self.undefined_data.add(name),
            _ => {}
        }
    }

    fn relocations(&mut self, relocations: &RelocSectionReader, code: Option<u32>) -> wasmparser::Result<()> {
        let is_code = code == Some(relocations.section_index());
        for relocation in relocations.entries() {
            let kind = match relocation?.ty {
                RelocationType::FunctionIndexLeb => 0,
                RelocationType::GlobalIndexLeb => 1,
                RelocationType::TableIndexSleb | RelocationType::TableIndexI32 => 2,
                RelocationType::MemoryAddrSleb | RelocationType::MemoryAddrI32 => 3,
                RelocationType::MemoryAddrLeb => 4,
                RelocationType::TypeIndexLeb => 5,
                _ => continue,
            };
            match is_code {
                true => self.code[kind] += 1,
                // Of debug information, whatever it has.
                false => self.data_relocations += matches!(kind, 2 | 3) as u64,
            }
        }
        Ok(())
    }

    /// Prints a line for each.
    pub fn print(&mut self) {
        self.sizes.sort_unstable();
        let last = self.sizes.len().saturating_sub(1);
        let deciles: Vec<u64> = (1..=10).map(|i| self.sizes.get(last * i / 10).copied().unwrap_or(0)).collect();
        let per = |what: &str, count: u64, of: u64, scale: f64| {
            println!("{what:<48} {:>10.2}", scale * count as f64 / of.max(1) as f64);
        };
        println!("{:<48} {:>10}", "objects", self.objects);
        println!("{:<48} {:>10}", "functions", self.functions);
        per("functions of an object", self.functions, self.objects, 1.0);
        per("bytes of an object without debug information", self.bytes - self.debug_bytes, self.objects, 1.0);
        per("instructions of a function", self.instructions, self.functions, 1.0);
        println!("its deciles {deciles:?}");
        per("bytes of a function", self.body_bytes, self.functions, 1.0);
        let names = ["calls", "globals", "table slots", "addresses", "accesses at a symbol", "indirect calls"];
        for (name, &count) in names.iter().zip(&self.code) {
            per(&format!("of 100 instructions: {name}"), count, self.instructions, 100.0);
        }
        per("... local.*", self.locals, self.instructions, 100.0);
        per("... loads and stores", self.memory, self.instructions, 100.0);
        per("... blocks, ends and branches", self.control, self.instructions, 100.0);
        per("data segments per function", self.segments, self.functions, 1.0);
        per("data symbols per function", self.data.0, self.functions, 1.0);
        per("bytes of a segment", self.segment_bytes, self.segments, 1.0);
        per("pointers in data per function", self.data_relocations, self.functions, 1.0);
        per("comdats per function", self.comdats, self.functions, 1.0);
        per("local, of 100 defined functions", self.local, self.defined.0, 100.0);
        per("bytes of a defined function's name", self.defined.1, self.defined.0, 1.0);
        per("undefined functions per defined one", self.undefined.0, self.functions, 1.0);
        per("bytes of an undefined function's name", self.undefined.1, self.undefined.0, 1.0);
        per("bytes of a data symbol's name", self.data.1, self.data.0, 1.0);
        per("undefined data per function", self.undefined_data.0, self.functions, 1.0);
    }
}

fn is_access(operator: &Operator) -> bool {
    let text = format!("{operator:?}");
    let name = text.split(' ').next().unwrap_or("");
    name.contains("Load") || name.contains("Store")
}

/// Counts the objects in a folder, or a list of folders and objects, one a line.
///
/// # Errors
/// Something is no object.
pub fn print(path: &Path) -> Result<(), String> {
    let mut counts = Counts::default();
    let fail = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| fail(&folder, &error))? {
            let path = entry.map_err(|error| fail(&folder, &error))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "o") {
                let object = std::fs::read(&path).map_err(|error| fail(&path, &error))?;
                counts.add(&object).map_err(|error| fail(&path, &error))?;
            }
        }
    }
    counts.print();
    Ok(())
}
