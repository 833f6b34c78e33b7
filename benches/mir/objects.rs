//! The same program as relocatable objects: what a compiler writes for a linker that takes nothing else.
//!
//! Instructions are encoded as they come, with padded fields, and relocations beside them; nothing else is made of them in
//! between. An object holds what clang writes for `-ffunction-sections -fdata-sections` without debug information.

use crate::plan::{Plan, Pointer};
use crate::program::{I32, Program, TYPES, Target};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use wold::leb::{push_name, push_signed, push_unsigned};
use wold::mir::tag;
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

/// What writing units took, by step.
#[derive(Clone, Copy, Default)]
pub struct Times {
    /// Encoding.
    pub encode: Duration,
    /// Writing the file.
    pub write: Duration,
}

/// What a thread uses again for each unit.
pub struct Scratch {
    /// Number of each function among the other units' symbols of the object, or [`UNKNOWN`].
    functions: Vec<u32>,
    /// The same of data.
    data: Vec<u32>,
    code: Vec<u8>,
    body: Vec<u8>,
    relocations: Vec<Relocation>,
    encoded: Vec<u8>,
    object: Vec<u8>,
}

const UNKNOWN: u32 = u32::MAX;

impl Scratch {
    /// For a program.
    pub fn new(program: Program) -> Self {
        Self {
            functions: vec![UNKNOWN; program.functions as usize],
            data: vec![UNKNOWN; program.data() as usize],
            code: Vec::new(),
            body: Vec::new(),
            relocations: Vec::new(),
            encoded: Vec::new(),
            object: Vec::new(),
        }
    }
}

/// Symbols of an object: own functions, own data, stack pointer, table, then what other units define.
struct Symbols<'p> {
    plan: &'p Plan,
    functions: std::ops::Range<u32>,
    data: std::ops::Range<u32>,
    known_functions: &'p mut [u32],
    known_data: &'p mut [u32],
    /// Functions (`true`) and data of other units, in order of their symbols.
    others: Vec<(bool, u32)>,
}

impl Symbols<'_> {
    /// The stack pointer's symbol; the table's is the next.
    fn globals(&self) -> u32 {
        (self.functions.len() + self.data.len()) as u32
    }
    #[inline]
    fn function(&mut self, index: u32) -> u32 {
        if self.functions.contains(&index) {
            return index - self.functions.start;
        }
        if self.known_functions[index as usize] == UNKNOWN {
            self.known_functions[index as usize] = self.others.len() as u32;
            self.others.push((true, index));
        }
        self.globals() + 2 + self.known_functions[index as usize]
    }
    #[inline]
    fn datum(&mut self, index: u32) -> u32 {
        if self.data.contains(&index) {
            return self.functions.len() as u32 + index - self.data.start;
        }
        if self.known_data[index as usize] == UNKNOWN {
            self.known_data[index as usize] = self.others.len() as u32;
            self.others.push((false, index));
        }
        self.globals() + 2 + self.known_data[index as usize]
    }
}

/// Encodes a function.
struct Writer<'w, 'p> {
    symbols: &'w mut Symbols<'p>,
    body: &'w mut Vec<u8>,
    relocations: &'w mut Vec<Relocation>,
}

impl Writer<'_, '_> {
    #[inline]
    fn field(&mut self, kind: RelocationKind, index: u32, addend: i64) {
        let offset = self.body.len() as u32;
        self.relocations.push(Relocation { kind, offset, index, addend });
        self.body.extend_from_slice(&[0x80, 0x80, 0x80, 0x80, 0]);
    }
    #[inline]
    fn global(&mut self, tag: u8) {
        self.body.push(tag);
        self.field(RelocationKind::GLOBAL_INDEX_LEB, self.symbols.globals(), 0);
    }
}

impl Target for Writer<'_, '_> {
    #[inline]
    fn locals(&mut self, count: u32) {
        if count == 0 {
            return self.body.push(0);
        }
        self.body.push(1);
        push_unsigned(self.body, count as u64);
        self.body.push(I32);
    }
    fn frame(&mut self, saved: u32, bottom: u32, size: u32) {
        self.global(tag::GLOBAL_GET);
        self.number(tag::LOCAL_TEE, saved);
        self.i32_const(size as i32);
        self.op(tag::I32_SUB);
        self.i32_const(-16);
        self.op(tag::I32_AND);
        self.number(tag::LOCAL_TEE, bottom);
        self.global(tag::GLOBAL_SET);
    }
    #[inline]
    fn op(&mut self, tag: u8) {
        self.body.push(tag);
    }
    #[inline]
    fn number(&mut self, tag: u8, number: u32) {
        if number < 0x80 {
            return self.body.extend_from_slice(&[tag, number as u8]);
        }
        self.body.push(tag);
        push_unsigned(self.body, number as u64);
    }
    #[inline]
    fn i32_const(&mut self, value: i32) {
        self.body.push(tag::I32_CONST);
        push_signed(self.body, value as i64);
    }
    #[inline]
    fn i64_const(&mut self, value: i64) {
        self.body.push(tag::I64_CONST);
        push_signed(self.body, value);
    }
    #[inline]
    fn memory(&mut self, tag: u8, alignment: u32, offset: u32) {
        self.body.extend_from_slice(&[tag, alignment as u8]);
        push_unsigned(self.body, offset as u64);
    }
    #[inline]
    fn block(&mut self, tag: u8) {
        self.body.extend_from_slice(&[tag, 0x40]);
    }
    #[inline]
    fn call(&mut self, function: u32) {
        self.body.push(tag::CALL);
        let symbol = self.symbols.function(function);
        self.field(RelocationKind::FUNCTION_INDEX_LEB, symbol, 0);
    }
    fn call_indirect(&mut self, ty: u32) {
        self.body.push(tag::CALL_INDIRECT);
        self.field(RelocationKind::TYPE_INDEX_LEB, ty, 0);
        self.field(RelocationKind::TABLE_NUMBER_LEB, self.symbols.globals() + 1, 0);
    }
    fn slot(&mut self, function: u32) {
        self.body.push(tag::I32_CONST);
        let symbol = self.symbols.function(function);
        self.field(RelocationKind::TABLE_INDEX_SLEB, symbol, 0);
    }
    fn address(&mut self, datum: u32, addend: i64) {
        self.body.push(tag::I32_CONST);
        let symbol = self.symbols.datum(datum);
        self.field(RelocationKind::MEMORY_ADDR_SLEB, symbol, addend);
    }
    fn symbolic(&mut self, tag: u8, datum: u32) {
        self.body.extend_from_slice(&[tag, 2]);
        let symbol = self.symbols.datum(datum);
        self.field(RelocationKind::MEMORY_ADDR_LEB, symbol, 0);
    }
    fn set_stack_pointer(&mut self, saved: u32) {
        self.number(tag::LOCAL_GET, saved);
        self.global(tag::GLOBAL_SET);
    }
}

/// Writes the object of a unit into `folder`.
///
/// # Errors
/// What keeps the file from being written.
pub fn write_unit(plan: &Plan, unit: u32, folder: &Path, scratch: &mut Scratch) -> std::io::Result<Times> {
    let start = Instant::now();
    let Scratch { functions, data, code, body, relocations, encoded, object } = scratch;
    let mut symbols = Symbols {
        plan,
        functions: plan.program.functions_of(unit),
        data: plan.program.data_of(unit),
        known_functions: functions,
        known_data: data,
        others: Vec::new(),
    };
    code.clear();
    encoded.clear();
    object.clear();
    push_unsigned(code, symbols.functions.len() as u64);
    let mut count = 0;
    for function in symbols.functions.clone() {
        body.clear();
        relocations.clear();
        let mut writer = Writer { symbols: &mut symbols, body, relocations };
        plan.build(function, &mut writer);
        writer.op(tag::END);
        push_name(code, body);
        let start = (code.len() - body.len()) as u32;
        relocations.iter().for_each(|relocation| relocation.encode(start + relocation.offset, encoded));
        count += relocations.len();
    }
    encode(&mut symbols, code, (encoded, count), object);
    for &(is_function, index) in &symbols.others {
        let known = if is_function { &mut *symbols.known_functions } else { &mut *symbols.known_data };
        known[index as usize] = UNKNOWN;
    }
    let encode = start.elapsed();
    std::fs::write(path(folder, unit), object)?;
    Ok(Times { encode, write: start.elapsed() - encode })
}

/// The path of a unit's object.
pub fn path(folder: &Path, unit: u32) -> PathBuf {
    folder.join(format!("unit{unit}.o"))
}

fn encode(symbols: &mut Symbols, code: &[u8], code_relocations: Encoded, out: &mut Vec<u8>) {
    let mut data_relocations = Vec::new();
    let (data, data_relocation_count, segments) = encode_data(symbols, &mut data_relocations);
    out.extend_from_slice(b"\0asm\x01\0\0\0");
    section(out, TYPE, |out| {
        push_unsigned(out, TYPES.len() as u64);
        for (parameters, results) in TYPES {
            out.push(0x60);
            push_name(out, parameters);
            push_name(out, results);
        }
    });
    section(out, IMPORT, |out| push_imports(symbols, out));
    section(out, FUNCTION, |out| {
        push_unsigned(out, symbols.functions.len() as u64);
        symbols
            .functions
            .clone()
            .for_each(|function| push_unsigned(out, symbols.plan.program.type_of(function) as u64));
    });
    section(out, DATA_COUNT, |out| push_unsigned(out, symbols.data.len() as u64));
    section(out, CODE, |out| out.extend_from_slice(code));
    section(out, DATA, |out| out.extend_from_slice(&data));
    section(out, CUSTOM, |out| push_linking(symbols, &segments, out));
    const CODE_SECTION: u32 = 4;
    push_relocations(out, "reloc.CODE", CODE_SECTION, code_relocations);
    push_relocations(out, "reloc.DATA", CODE_SECTION + 1, (&data_relocations, data_relocation_count));
    section(out, CUSTOM, |out| {
        push_name(out, b"target_features");
        let features = ["bulk-memory", "mutable-globals", "reference-types", "sign-ext"];
        push_unsigned(out, features.len() as u64);
        for feature in features {
            out.push(b'+');
            push_name(out, feature.as_bytes());
        }
    });
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
type Encoded<'e> = (&'e [u8], usize);

/// The data section's payload, how many relocations it has, and the size of each segment.
fn encode_data(symbols: &mut Symbols, encoded: &mut Vec<u8>) -> (Vec<u8>, usize, Vec<u32>) {
    let (mut out, mut count, mut sizes) = (Vec::new(), 0, Vec::new());
    let plan = symbols.plan;
    push_unsigned(&mut out, symbols.data.len() as u64);
    let mut address = 0i64;
    for index in symbols.data.clone() {
        let (bytes, pointers) = plan.datum(index);
        out.extend([0, 0x41]);
        push_signed(&mut out, address);
        out.push(0x0b);
        push_name(&mut out, bytes);
        let start = (out.len() - bytes.len()) as u32;
        address += bytes.len() as i64;
        for &(at, target) in pointers {
            let (kind, index) = match target {
                Pointer::Datum(datum) => (RelocationKind::MEMORY_ADDR_I32, symbols.datum(datum)),
                Pointer::Function(function) => (RelocationKind::TABLE_INDEX_I32, symbols.function(function)),
            };
            Relocation { kind, offset: at, index, addend: 0 }.encode(start + at, encoded);
            count += 1;
        }
        sizes.push(bytes.len() as u32);
    }
    (out, count, sizes)
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
    for &(_, function) in imported {
        import(symbols.plan.function_name(function), &[0, symbols.plan.program.type_of(function) as u8]);
    }
}

fn push_linking(symbols: &Symbols, segments: &[u32], out: &mut Vec<u8>) {
    const VERSION: u64 = 2;
    const SEGMENT_INFO: u8 = 5;
    const SYMBOL_TABLE: u8 = 8;
    push_name(out, b"linking");
    push_unsigned(out, VERSION);
    section(out, SYMBOL_TABLE, |out| push_symbols(symbols, segments, out));
    section(out, SEGMENT_INFO, |out| {
        push_unsigned(out, segments.len() as u64);
        for index in symbols.data.clone() {
            let (name, is_constant) = (symbols.plan.data_name(index), symbols.plan.program.is_constant(index));
            let prefix = if is_constant { ".rodata." } else { ".data." };
            push_unsigned(out, (prefix.len() + name.len()) as u64);
            out.extend_from_slice(prefix.as_bytes());
            out.extend_from_slice(name.as_bytes());
            out.extend([2, 0]);
        }
    });
}

fn push_symbols(symbols: &Symbols, segments: &[u32], out: &mut Vec<u8>) {
    const FUNCTION: u8 = 0;
    const DATA: u8 = 1;
    const GLOBAL: u8 = 2;
    const TABLE: u8 = 5;
    let Symbols { plan, functions, data, others, .. } = symbols;
    let program = plan.program;
    let imported = others.iter().filter(|(is_function, _)| *is_function).count() as u32;
    push_unsigned(out, (symbols.globals() + 2) as u64 + others.len() as u64);
    for index in functions.clone() {
        out.push(FUNCTION);
        let binding = if program.is_public(index) { HIDDEN } else { LOCAL };
        push_unsigned(out, if index == 0 { EXPORTED | NO_STRIP } else { binding } as u64);
        push_unsigned(out, (imported + index - functions.start) as u64);
        push_name(out, plan.function_name(index).as_bytes());
    }
    for (segment, index) in data.clone().enumerate() {
        out.push(DATA);
        push_unsigned(out, if program.is_public_datum(index) { HIDDEN } else { LOCAL } as u64);
        push_name(out, plan.data_name(index).as_bytes());
        [segment as u64, 0, segments[segment] as u64].into_iter().for_each(|number| push_unsigned(out, number));
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
            push_name(out, plan.data_name(index).as_bytes());
        }
    }
}

fn push_relocations(out: &mut Vec<u8>, name: &str, target: u32, (entries, count): Encoded) {
    if count == 0 {
        return;
    }
    section(out, CUSTOM, |out| {
        push_name(out, name.as_bytes());
        push_unsigned(out, target as u64);
        push_unsigned(out, count as u64);
        out.extend_from_slice(entries);
    });
}
