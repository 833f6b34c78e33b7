//! What is declared: files as modules, and what they know of one another.

use super::syntax::{Data, Enum, Source, Word};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use wold::Session;
use wold::mir::{self, DataKind, Fixup, Func, Linkage, Module, Ordinal, TagNames, TagWidth, Type};

/// Byte of the type that everything has.
pub const I32: u8 = 0x7f;
/// A word's alignment, as a power of two.
pub const WORD_ALIGNMENT: u32 = 2;
/// Bytes of a word.
pub const WORD: usize = 4;

/// All files, and the names that they share.
pub struct Program {
    pub units: Vec<Unit>,
    /// Parameters of each function.
    functions: HashMap<String, usize>,
    enums: HashMap<String, Enum>,
    data: Vec<String>,
}

/// A file.
pub struct Unit {
    pub name: String,
    pub module: Arc<Module>,
    /// What it defines or has already imported. Threads look here, and declare what is missing: imports are put in order
    /// by their names, so that it does not matter who needs one first.
    functions: Mutex<HashMap<String, Func>>,
    data: Mutex<HashMap<String, mir::Data>>,
}

impl Program {
    /// Declares what the files define.
    ///
    /// # Errors
    /// Something is defined twice.
    pub fn declare(session: &Session, files: &[(&str, &str)], sources: &[Source]) -> Result<Self, String> {
        let mut program =
            Program { units: Vec::new(), functions: HashMap::new(), enums: HashMap::new(), data: Vec::new() };
        for (&(file, _), source) in files.iter().zip(sources) {
            let twice = |name: &str| Err(format!("{file}: {name} is defined twice"));
            let unit = Unit::new(session.module(file), file);
            let mut ordinals = (0..).map(Ordinal);
            for c in &source.externs {
                program.functions.insert(c.name.clone(), c.parameters);
            }
            for function in &source.functions {
                if program.functions.insert(function.name.clone(), function.parameters.len()).is_some() {
                    return twice(&function.name);
                }
                unit.declare_function(&function.name, function.parameters.len(), ordinals.next());
            }
            for data in &source.data {
                if program.data.contains(&data.name) {
                    return twice(&data.name);
                }
                program.data.push(data.name.clone());
                let id =
                    unit.module.declare_data(&symbol(&data.name), DataKind::Const, Linkage::Global, ordinals.next());
                unit.data.lock().expect("no thread panics").insert(data.name.clone(), id);
            }
            for item in &source.enums {
                if program.enums.insert(item.name.clone(), item.clone()).is_some() {
                    return twice(&item.name);
                }
            }
            program.units.push(unit);
        }
        // C functions are called by their own names.
        for c in sources.iter().flat_map(|source| &source.externs) {
            for unit in &program.units {
                let ty = unit.function_type(c.parameters);
                let func = unit.module.import_func(&c.name, "env", &c.name, ty, false);
                unit.functions.lock().expect("no thread panics").entry(c.name.clone()).or_insert(func);
            }
        }
        Ok(program)
    }
    /// Defines all data.
    ///
    /// # Errors
    /// It names something that is not there.
    pub fn define_data(&self, sources: &[Source]) -> Result<(), String> {
        for (unit, source) in self.units.iter().zip(sources) {
            let mut worker = unit.module.worker();
            for data in &source.data {
                self.define_one(unit, data, &mut worker)
                    .map_err(|e| format!("{}: line {}: {e}", unit.name, data.line))?;
            }
        }
        Ok(())
    }
    fn define_one(&self, unit: &Unit, data: &Data, worker: &mut mir::Worker) -> Result<(), String> {
        let (mut bytes, mut fixups) = (Vec::new(), Vec::new());
        for (offset, word) in (0..).step_by(WORD).zip(&data.words) {
            let number = if let Word::Number(number) = word { *number } else { 0 };
            bytes.extend_from_slice(&number.to_le_bytes());
            fixups.extend(match word {
                Word::Number(_) => None,
                Word::Text(text) => Some(Fixup::data(offset, worker.unnamed(&c_string(text), 0, &[]), 0)),
                Word::Function(name) => Some(Fixup::func(offset, self.function(unit, name)?.0)),
                Word::Data(name) => Some(Fixup::data(offset, self.data(unit, name)?, 0)),
            });
        }
        worker.data(self.data(unit, &data.name)?, &bytes, WORD_ALIGNMENT, &fixups);
        Ok(())
    }
    /// A function and how many parameters it has.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn function(&self, unit: &Unit, name: &str) -> Result<(Func, usize), String> {
        let &parameters = self.functions.get(name).ok_or_else(|| format!("there is no function {name}"))?;
        let mut known = unit.functions.lock().expect("no thread panics");
        let import = || {
            let ty = unit.function_type(parameters);
            unit.module.import_func(&symbol(name), "env", &symbol(name), ty, false)
        };
        Ok((*known.entry(name.to_string()).or_insert_with(import), parameters))
    }
    /// Data.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn data(&self, unit: &Unit, name: &str) -> Result<mir::Data, String> {
        if !self.data.iter().any(|data| data == name) {
            return Err(format!("there is no {name}"));
        }
        let mut known = unit.data.lock().expect("no thread panics");
        Ok(*known.entry(name.to_string()).or_insert_with(|| unit.module.import_data(&symbol(name), false)))
    }
    /// The function that names the values of an enumeration. Each file that needs it defines it; it becomes one.
    ///
    /// # Errors
    /// There is no such enumeration.
    pub fn namer(&self, unit: &Unit, name: &str) -> Result<Func, String> {
        let item = self.enums.get(name).ok_or_else(|| format!("there is no enum {name}"))?;
        let mut known = unit.functions.lock().expect("no thread panics");
        let define = || {
            let values: Vec<(u64, &str)> = item.values.iter().map(|(value, name)| (*value, name.as_str())).collect();
            unit.module.tag_name_func(&symbol(name), TagWidth::Bits32, TagNames::Sparse(&values))
        };
        Ok(*known.entry(name.to_string()).or_insert_with(define))
    }
}

impl Unit {
    fn new(module: Arc<Module>, name: &str) -> Self {
        Self { name: name.to_string(), module, functions: Mutex::default(), data: Mutex::default() }
    }
    fn declare_function(&self, name: &str, parameters: usize, ordinal: Option<Ordinal>) {
        let ty = self.function_type(parameters);
        let func = self.module.declare_func(&symbol(name), ty, Linkage::Global, ordinal);
        self.functions.lock().expect("no thread panics").insert(name.to_string(), func);
    }
    /// The type of functions with so many parameters.
    pub fn function_type(&self, parameters: usize) -> Type {
        self.module.func_type(&vec![I32; parameters], &[I32])
    }
    /// A variable of the C library.
    pub fn c_data(&self, name: &str) -> mir::Data {
        let mut known = self.data.lock().expect("no thread panics");
        *known.entry(format!("extern {name}")).or_insert_with(|| self.module.import_data(name, false))
    }
    /// A function of the C library that the compiler itself calls.
    pub fn c_function(&self, name: &str, parameters: usize) -> Func {
        let mut known = self.functions.lock().expect("no thread panics");
        let key = format!("extern {name}");
        *known.entry(key).or_insert_with(|| self.module.intrinsic(name, self.function_type(parameters)))
    }
}

/// The symbol of a name: apart from C's, but for the one that C's start file calls.
fn symbol(name: &str) -> String {
    if name == "main" { "__main_void".to_string() } else { format!("toy.{name}") }
}

/// A string as C has it.
pub fn c_string(text: &str) -> Vec<u8> {
    [text.as_bytes(), &[0]].concat()
}
