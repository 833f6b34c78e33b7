//! The same program as relocatable objects: what a compiler writes for a linker that takes nothing else.

use crate::body::Bodies;
use crate::program::{Ids, Program, TYPES};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use wold::leb::{push_name, push_signed, push_unsigned};
use wold::mir::{self, CodeBuffer, Data, Func, FunctionBuilder, Global, Table, Type};
use wold::object::relocations::{Relocation, RelocationKind};

const CUSTOM: u8 = 0;
const TYPE: u8 = 1;
const IMPORT: u8 = 2;
const FUNCTION: u8 = 3;
const DATA_COUNT: u8 = 12;
const CODE: u8 = 10;
const DATA: u8 = 11;

const LOCAL: u32 = 2;
const HIDDEN: u32 = 4;
const UNDEFINED: u32 = 0x10;
const EXPORTED: u32 = 0x20;
const NO_STRIP: u32 = 0x80;

/// What writing one unit took, by step.
#[derive(Clone, Copy, Default)]
pub struct Times {
    /// The compiler's own work.
    pub generate: Duration,
    /// Lowering and encoding.
    pub encode: Duration,
    /// Writing the file.
    pub write: Duration,
}

/// Symbols of an object: own functions, own data, stack pointer, table, then what other units define.
struct Symbols {
    program: Program,
    functions: std::ops::Range<u32>,
    data: std::ops::Range<u32>,
    known: HashMap<(bool, u32), u32>,
    /// Functions (`true`) and data of other units, in order of their symbols.
    others: Vec<(bool, u32)>,
}

impl Symbols {
    fn new(program: Program, unit: u32) -> Self {
        let (functions, data) = (program.functions_of(unit), program.data_of(unit));
        Self { program, functions, data, known: HashMap::new(), others: Vec::new() }
    }
    /// The stack pointer's symbol; the table's is the next.
    fn globals(&self) -> u32 {
        (self.functions.len() + self.data.len()) as u32
    }
    fn other(&mut self, is_function: bool, index: u32) -> u32 {
        let next = self.globals() + 2 + self.others.len() as u32;
        *self.known.entry((is_function, index)).or_insert_with(|| {
            self.others.push((is_function, index));
            next
        })
    }
}

impl Ids for Symbols {
    fn func(&mut self, index: u32) -> Func {
        Func(match self.functions.contains(&index) {
            true => index - self.functions.start,
            false => self.other(true, index),
        })
    }
    fn data(&mut self, index: u32) -> Data {
        Data(match self.data.contains(&index) {
            true => self.functions.len() as u32 + index - self.data.start,
            false => self.other(false, index),
        })
    }
    fn ty(&mut self, index: u32) -> Type {
        Type(index)
    }
    fn stack_pointer(&mut self) -> Global {
        Global(self.globals())
    }
    fn table(&mut self) -> Table {
        Table(self.globals() + 1)
    }
}

/// What a thread uses again for each unit.
#[derive(Default)]
pub struct Scratch {
    code: CodeBuffer,
    body: Vec<u8>,
    relocations: Vec<Relocation>,
}

/// Writes the object of a unit into `folder`.
///
/// # Errors
/// What keeps the file from being written.
pub fn write_unit(
    program: Program,
    bodies: &Bodies,
    unit: u32,
    folder: &Path,
    scratch: &mut Scratch,
) -> std::io::Result<Times> {
    let start = Instant::now();
    let mut symbols = Symbols::new(program, unit);
    let code = &mut scratch.code;
    code.clear();
    for function in symbols.functions.clone() {
        let parameters = TYPES[program.type_of(function) as usize].0.len() as u32;
        let mut builder = FunctionBuilder::new(code, parameters);
        program.build(bodies, function, &mut builder, &mut symbols);
        builder.finish().expect("the program is well formed");
    }
    let generate = start.elapsed();
    let object = encode(&mut symbols, scratch);
    let encode = start.elapsed() - generate;
    std::fs::write(path(folder, unit), object)?;
    Ok(Times { generate, encode, write: start.elapsed() - generate - encode })
}

/// The path of a unit's object.
pub fn path(folder: &Path, unit: u32) -> PathBuf {
    folder.join(format!("unit{unit}.o"))
}

fn encode(symbols: &mut Symbols, scratch: &mut Scratch) -> Vec<u8> {
    let (code, code_relocations) = encode_code(scratch);
    let (data, data_relocations, names) = encode_data(symbols);
    let mut out = b"\0asm\x01\0\0\0".to_vec();
    section(&mut out, TYPE, |out| {
        push_unsigned(out, TYPES.len() as u64);
        for (parameters, results) in TYPES {
            out.push(0x60);
            push_name(out, parameters);
            push_name(out, results);
        }
    });
    section(&mut out, IMPORT, |out| push_imports(symbols, out));
    section(&mut out, FUNCTION, |out| {
        push_unsigned(out, symbols.functions.len() as u64);
        symbols.functions.clone().for_each(|function| push_unsigned(out, symbols.program.type_of(function) as u64));
    });
    section(&mut out, DATA_COUNT, |out| push_unsigned(out, symbols.data.len() as u64));
    section(&mut out, CODE, |out| out.extend_from_slice(&code));
    section(&mut out, DATA, |out| out.extend_from_slice(&data));
    section(&mut out, CUSTOM, |out| push_linking(symbols, &names, out));
    const CODE_SECTION: u32 = 4;
    push_relocations(&mut out, "reloc.CODE", CODE_SECTION, &code_relocations);
    push_relocations(&mut out, "reloc.DATA", CODE_SECTION + 1, &data_relocations);
    section(&mut out, CUSTOM, |out| {
        push_name(out, b"target_features");
        let features = ["bulk-memory", "mutable-globals", "reference-types", "sign-ext"];
        push_unsigned(out, features.len() as u64);
        for feature in features {
            out.push(b'+');
            push_name(out, feature.as_bytes());
        }
    });
    out
}

/// Appends a section. Its size has a padded field, as in clang's objects.
fn section(out: &mut Vec<u8>, id: u8, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(id);
    let at = out.len();
    out.extend([0; 5]);
    write(out);
    let size = (out.len() - at - 5) as u64;
    wold::leb::write_unsigned_padded(&mut out[at..at + 5], size);
}

/// Relocations with offsets in their section, encoded, and how many.
type Encoded = (Vec<u8>, usize);

struct Zero;

impl mir::Values for Zero {
    fn value(&self, _: RelocationKind, _: u32, _: i64) -> u64 {
        0
    }
}

fn encode_code(scratch: &mut Scratch) -> (Vec<u8>, Encoded) {
    let Scratch { code, body, relocations } = scratch;
    let (mut out, mut encoded, mut count) = (Vec::with_capacity(code.tags.len() * 3), Vec::new(), 0);
    push_unsigned(&mut out, code.len() as u64);
    for function in 0..code.len() {
        body.clear();
        relocations.clear();
        mir::lower_padded(&code.code(function), false, &Zero, body, relocations).expect("the program is well formed");
        push_name(&mut out, body);
        let start = (out.len() - body.len()) as u32;
        relocations.iter().for_each(|relocation| relocation.encode(start + relocation.offset, &mut encoded));
        count += relocations.len();
    }
    (out, (encoded, count))
}

fn encode_data(symbols: &mut Symbols) -> (Vec<u8>, Encoded, Vec<(String, u32)>) {
    let program = symbols.program;
    let (mut out, mut encoded, mut count, mut names) = (Vec::new(), Vec::new(), 0, Vec::new());
    let mut name = String::new();
    push_unsigned(&mut out, symbols.data.len() as u64);
    let mut address = 0i64;
    for index in symbols.data.clone() {
        let datum = program.datum(index);
        out.extend([0, 0x41]);
        push_signed(&mut out, address);
        out.push(0x0b);
        push_name(&mut out, &datum.bytes);
        let start = (out.len() - datum.bytes.len()) as u32;
        address += datum.bytes.len() as i64;
        for &(at, target) in &datum.pointers {
            let (kind, index) = match target {
                Ok(data) => (RelocationKind::MEMORY_ADDR_I32, symbols.data(data).0),
                Err(func) => (RelocationKind::TABLE_INDEX_I32, symbols.func(func).0),
            };
            Relocation { kind, offset: at, index, addend: 0 }.encode(start + at, &mut encoded);
            count += 1;
        }
        program.data_name(index, &mut name);
        let prefix = if program.is_constant(index) { ".rodata." } else { ".data." };
        names.push((format!("{prefix}{name}"), datum.bytes.len() as u32));
    }
    (out, (encoded, count), names)
}

fn push_imports(symbols: &Symbols, out: &mut Vec<u8>) {
    let imported = symbols.others.iter().filter(|(is_function, _)| *is_function);
    push_unsigned(out, imported.clone().count() as u64 + 3);
    let mut import = |name: &str, description: &[u8]| {
        push_name(out, b"env");
        push_name(out, name.as_bytes());
        out.extend_from_slice(description);
    };
    import("__linear_memory", &[2, 0, 1]);
    import("__stack_pointer", &[3, 0x7f, 1]);
    import("__indirect_function_table", &[1, 0x70, 0, 0]);
    let mut name = String::new();
    for &(_, function) in imported {
        symbols.program.function_name(function, &mut name);
        import(&name, &[0, symbols.program.type_of(function) as u8]);
    }
}

fn push_linking(symbols: &Symbols, segments: &[(String, u32)], out: &mut Vec<u8>) {
    const VERSION: u64 = 2;
    const SEGMENT_INFO: u8 = 5;
    const SYMBOL_TABLE: u8 = 8;
    push_name(out, b"linking");
    push_unsigned(out, VERSION);
    section(out, SYMBOL_TABLE, |out| push_symbols(symbols, segments, out));
    section(out, SEGMENT_INFO, |out| {
        push_unsigned(out, segments.len() as u64);
        for (name, _) in segments {
            push_name(out, name.as_bytes());
            out.extend([2, 0]);
        }
    });
}

fn push_symbols(symbols: &Symbols, segments: &[(String, u32)], out: &mut Vec<u8>) {
    const FUNCTION: u8 = 0;
    const DATA: u8 = 1;
    const GLOBAL: u8 = 2;
    const TABLE: u8 = 5;
    let Symbols { program, functions, data, others, .. } = symbols;
    let imported = others.iter().filter(|(is_function, _)| *is_function).count() as u32;
    let mut name = String::new();
    push_unsigned(out, (symbols.globals() + 2) as u64 + others.len() as u64);
    for index in functions.clone() {
        out.push(FUNCTION);
        let binding = if program.is_public(index) { HIDDEN } else { LOCAL };
        push_unsigned(out, if index == 0 { EXPORTED | NO_STRIP } else { binding } as u64);
        push_unsigned(out, (imported + index - functions.start) as u64);
        program.function_name(index, &mut name);
        push_name(out, name.as_bytes());
    }
    for (segment, index) in data.clone().enumerate() {
        out.push(DATA);
        push_unsigned(out, if program.is_public_datum(index) { HIDDEN } else { LOCAL } as u64);
        program.data_name(index, &mut name);
        push_name(out, name.as_bytes());
        [segment as u64, 0, segments[segment].1 as u64].into_iter().for_each(|number| push_unsigned(out, number));
    }
    for (kind, flags) in [(GLOBAL, UNDEFINED), (TABLE, UNDEFINED | NO_STRIP)] {
        out.push(kind);
        push_unsigned(out, flags as u64);
        push_unsigned(out, 0);
    }
    let mut import = 0;
    for &(is_function, index) in others {
        out.push(if is_function { FUNCTION } else { DATA });
        push_unsigned(out, UNDEFINED as u64);
        if is_function {
            push_unsigned(out, import);
            import += 1;
        } else {
            program.data_name(index, &mut name);
            push_name(out, name.as_bytes());
        }
    }
}

fn push_relocations(out: &mut Vec<u8>, name: &str, target: u32, (entries, count): &Encoded) {
    if *count == 0 {
        return;
    }
    section(out, CUSTOM, |out| {
        push_name(out, name.as_bytes());
        push_unsigned(out, target as u64);
        push_unsigned(out, *count as u64);
        out.extend_from_slice(entries);
    });
}
