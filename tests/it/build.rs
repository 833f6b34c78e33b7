//! Builds relocatable objects byte by byte, for cases that no compiler emits. Nothing is checked: wrong values are
//! among what it is for. Spec: tool-conventions, Linking.md.

/// Symbol flags.
pub mod flag {
    /// May be replaced by a strong definition; undefined: may stay so.
    pub const WEAK: u32 = 1;
    /// Seen by its own object only.
    pub const LOCAL: u32 = 2;
    /// Not defined here.
    pub const UNDEFINED: u32 = 0x10;
    /// Exported by the linker.
    pub const EXPORTED: u32 = 0x20;
    /// An import with a name of its own.
    pub const EXPLICIT_NAME: u32 = 0x40;
    /// Kept by the linker.
    pub const NO_STRIP: u32 = 0x80;
    /// Data at an absolute address.
    pub const ABSOLUTE: u32 = 0x200;
}

/// Segment flags.
pub mod segment_flag {
    /// NUL-terminated strings that may be merged.
    pub const STRINGS: u32 = 1;
    /// Kept by the linker.
    pub const RETAIN: u32 = 4;
}

/// Relocation types, as in the specification.
pub mod reloc {
    /// `R_WASM_FUNCTION_INDEX_LEB`.
    pub const FUNCTION_INDEX_LEB: u8 = 0;
    /// `R_WASM_TABLE_INDEX_SLEB`.
    pub const TABLE_INDEX_SLEB: u8 = 1;
    /// `R_WASM_TABLE_INDEX_I32`.
    pub const TABLE_INDEX_I32: u8 = 2;
    /// `R_WASM_MEMORY_ADDR_LEB`.
    pub const MEMORY_ADDR_LEB: u8 = 3;
    /// `R_WASM_MEMORY_ADDR_SLEB`.
    pub const MEMORY_ADDR_SLEB: u8 = 4;
    /// `R_WASM_MEMORY_ADDR_I32`.
    pub const MEMORY_ADDR_I32: u8 = 5;
    /// `R_WASM_TYPE_INDEX_LEB`.
    pub const TYPE_INDEX_LEB: u8 = 6;
    /// `R_WASM_GLOBAL_INDEX_LEB`.
    pub const GLOBAL_INDEX_LEB: u8 = 7;
    /// `R_WASM_FUNCTION_OFFSET_I32`.
    pub const FUNCTION_OFFSET_I32: u8 = 8;
    /// `R_WASM_SECTION_OFFSET_I32`.
    pub const SECTION_OFFSET_I32: u8 = 9;
    /// `R_WASM_MEMORY_ADDR_TLS_SLEB`.
    pub const MEMORY_ADDR_TLS_SLEB: u8 = 21;
    /// `R_WASM_FUNCTION_INDEX_I32`.
    pub const FUNCTION_INDEX_I32: u8 = 26;
}

/// `i32`.
pub const I32: u8 = 0x7f;
/// `i64`.
pub const I64: u8 = 0x7e;

/// A relocation, offset from the start of what it belongs to (body, segment, custom section payload).
#[derive(Clone)]
pub struct Reloc {
    /// One of [`reloc`].
    pub kind: u8,
    /// Bytes from the start.
    pub offset: usize,
    /// Symbol, or type for `TYPE_INDEX_LEB`.
    pub index: u32,
    /// Written for the kinds that have one.
    pub addend: i64,
}

/// The body of a function without locals, or any other bytes that hold relocations.
#[derive(Clone, Default)]
pub struct Body {
    bytes: Vec<u8>,
    relocs: Vec<Reloc>,
}

impl Body {
    /// Instructions of a function without locals.
    pub fn code() -> Body {
        Body { bytes: vec![0], relocs: Vec::new() }
    }
    /// Plain bytes.
    pub fn data(bytes: &[u8]) -> Body {
        Body { bytes: bytes.to_vec(), relocs: Vec::new() }
    }
    /// Appends bytes.
    pub fn raw(mut self, bytes: &[u8]) -> Body {
        self.bytes.extend_from_slice(bytes);
        self
    }
    /// Appends a field for a relocation: five bytes for a LEB, four otherwise.
    pub fn field(mut self, kind: u8, index: u32, addend: i64) -> Body {
        self.relocs.push(Reloc { kind, offset: self.bytes.len(), index, addend });
        let fixed = [
            reloc::TABLE_INDEX_I32,
            reloc::MEMORY_ADDR_I32,
            reloc::FUNCTION_OFFSET_I32,
            reloc::SECTION_OFFSET_I32,
            reloc::FUNCTION_INDEX_I32,
        ];
        self.raw(if fixed.contains(&kind) { &[0; 4] } else { &[0x80, 0x80, 0x80, 0x80, 0] })
    }
    /// `i32.const`, small values only.
    pub fn i32_const(self, value: u8) -> Body {
        assert!(value < 64, "one LEB byte");
        self.raw(&[0x41, value])
    }
    /// `call` of the function symbol `symbol`.
    pub fn call(self, symbol: u32) -> Body {
        self.raw(&[0x10]).field(reloc::FUNCTION_INDEX_LEB, symbol, 0)
    }
    /// `i32.const` of the address of the data symbol `symbol`.
    pub fn address(self, symbol: u32, addend: i64) -> Body {
        self.raw(&[0x41]).field(reloc::MEMORY_ADDR_SLEB, symbol, addend)
    }
    /// `i32.load`.
    pub fn load(self) -> Body {
        self.raw(&[0x28, 2, 0])
    }
    /// `end`.
    pub fn end(self) -> Body {
        self.raw(&[0x0b])
    }
}

struct Segment {
    name: String,
    align_log2: u32,
    flags: u32,
    body: Body,
}

struct Custom {
    name: String,
    body: Body,
}

/// An object that grows. Methods that add something return its index.
#[derive(Default)]
pub struct Object {
    types: Vec<Vec<u8>>,
    imports: Vec<Vec<u8>>,
    imported_functions: u32,
    functions: Vec<(u32, Body)>,
    tables: Vec<Vec<u8>>,
    globals: Vec<Vec<u8>>,
    segments: Vec<Segment>,
    symbols: Vec<Vec<u8>>,
    inits: Vec<(u32, u32)>,
    comdats: Vec<(String, Vec<(u8, u32)>)>,
    customs: Vec<Custom>,
    features: Vec<String>,
    /// Version in the `linking` section; `None` leaves the section out.
    pub linking_version: Option<u32>,
}

impl Object {
    /// An object that imports `__linear_memory`, as all do.
    pub fn new() -> Object {
        let mut object = Object { linking_version: Some(2), ..Object::default() };
        object.import("__linear_memory", &[2, 0, 0]);
        object
    }
    /// Adds a function type.
    pub fn ty(&mut self, params: &[u8], results: &[u8]) -> u32 {
        let mut bytes = vec![0x60];
        bytes.extend(vector(params.len(), params));
        bytes.extend(vector(results.len(), results));
        push(&mut self.types, bytes)
    }
    /// Adds an import from `env`; `description` is kind and type.
    pub fn import(&mut self, field: &str, description: &[u8]) {
        self.imports.push([text("env"), text(field), description.to_vec()].concat());
    }
    /// Imports a function; its function index.
    pub fn import_function(&mut self, field: &str, ty: u32) -> u32 {
        self.import(field, &[vec![0], leb(ty)].concat());
        self.imported_functions += 1;
        self.imported_functions - 1
    }
    /// Defines a function; its function index. All imports must be there.
    pub fn function(&mut self, ty: u32, body: Body) -> u32 {
        self.imported_functions + push(&mut self.functions, (ty, body))
    }
    /// Defines a global: type, mutability and init expression as bytes.
    pub fn global(&mut self, bytes: &[u8]) -> u32 {
        push(&mut self.globals, bytes.to_vec())
    }
    /// Adds a data segment.
    pub fn segment(&mut self, name: &str, align_log2: u32, flags: u32, body: Body) -> u32 {
        push(&mut self.segments, Segment { name: name.into(), align_log2, flags, body })
    }
    /// Adds a custom section; its number among the custom sections.
    pub fn custom(&mut self, name: &str, body: Body) -> u32 {
        push(&mut self.customs, Custom { name: name.into(), body })
    }
    /// Adds a symbol for function `index`. An undefined one without `EXPLICIT_NAME` has no name of its own.
    pub fn function_symbol(&mut self, name: &str, index: u32, flags: u32) -> u32 {
        self.indexed_symbol(0, name, index, flags)
    }
    /// Adds a symbol for something with an index: 0 function, 2 global, 4 tag, 5 table.
    pub fn indexed_symbol(&mut self, kind: u8, name: &str, index: u32, flags: u32) -> u32 {
        let mut bytes = [vec![kind], leb(flags), leb(index)].concat();
        if flags & flag::UNDEFINED == 0 || flags & flag::EXPLICIT_NAME != 0 {
            bytes.extend(text(name));
        }
        push(&mut self.symbols, bytes)
    }
    /// Adds a symbol for `size` bytes at `offset` in a segment.
    pub fn data_symbol(&mut self, name: &str, segment: u32, offset: u32, size: u32, flags: u32) -> u32 {
        let place = [leb(segment), leb(offset), leb(size)].concat();
        push(&mut self.symbols, [vec![1], leb(flags), text(name), place].concat())
    }
    /// Adds a symbol for the custom section number `custom`.
    pub fn section_symbol(&mut self, custom: u32) -> u32 {
        let index = self.first_custom_section() + custom;
        push(&mut self.symbols, [vec![3], leb(flag::LOCAL), leb(index)].concat())
    }
    /// Adds an init function.
    pub fn init(&mut self, priority: u32, symbol: u32) {
        self.inits.push((priority, symbol));
    }
    /// Adds a comdat group of (kind, index): 0 data, 1 function, 5 section (given by its number among the customs).
    pub fn comdat(&mut self, name: &str, members: &[(u8, u32)]) {
        self.comdats.push((name.into(), members.to_vec()));
    }
    /// Adds a feature, with its prefix: `+atomics`.
    pub fn feature(&mut self, feature: &str) {
        self.features.push(feature.into());
    }

    /// Section index of the first custom section: the object must have its other sections by then.
    fn first_custom_section(&self) -> u32 {
        self.standard_sections().len() as u32
    }

    fn standard_sections(&self) -> Vec<(u8, Vec<u8>)> {
        let list = |id: u8, items: &[Vec<u8>]| (id, vector(items.len(), &items.concat()));
        let types: Vec<Vec<u8>> = self.functions.iter().map(|(ty, _)| leb(*ty)).collect();
        let code: Vec<Vec<u8>> = self.functions.iter().map(|(_, body)| sized(&body.bytes)).collect();
        let data: Vec<Vec<u8>> = segment_items(&self.segments);
        let sections = [
            (list(1, &self.types), self.types.len()),
            (list(2, &self.imports), self.imports.len()),
            (list(3, &types), types.len()),
            (list(4, &self.tables), self.tables.len()),
            (list(6, &self.globals), self.globals.len()),
            (list(10, &code), code.len()),
            (list(11, &data), data.len()),
        ];
        sections.into_iter().filter(|(_, count)| *count > 0).map(|(section, _)| section).collect()
    }

    /// The bytes of the object.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = b"\0asm\x01\0\0\0".to_vec();
        let standard = self.standard_sections();
        let mut relocs: Vec<(String, usize, Vec<Reloc>)> = Vec::new();
        for (index, (id, payload)) in standard.iter().enumerate() {
            out.push(*id);
            out.extend(sized(payload));
            match id {
                10 => relocs.push(("CODE".into(), index, code_relocs(&self.functions))),
                11 => relocs.push(("DATA".into(), index, data_relocs(&self.segments))),
                _ => {}
            }
        }
        for (number, custom) in self.customs.iter().enumerate() {
            section(&mut out, &custom.name, &custom.body.bytes);
            relocs.push((custom.name.clone(), standard.len() + number, custom.body.relocs.clone()));
        }
        if let Some(version) = self.linking_version {
            section(&mut out, "linking", &self.linking(version));
        }
        for (name, index, relocs) in relocs.iter().filter(|(_, _, relocs)| !relocs.is_empty()) {
            section(&mut out, &format!("reloc.{name}"), &reloc_section(*index as u32, relocs));
        }
        if !self.features.is_empty() {
            let item = |feature: &String| [vec![feature.as_bytes()[0]], text(&feature[1..])].concat();
            let items: Vec<Vec<u8>> = self.features.iter().map(item).collect();
            section(&mut out, "target_features", &vector(items.len(), &items.concat()));
        }
        out
    }

    fn linking(&self, version: u32) -> Vec<u8> {
        let mut out = leb(version);
        let first_custom = self.first_custom_section();
        let segment = |s: &Segment| [text(&s.name), leb(s.align_log2), leb(s.flags)].concat();
        let segments: Vec<Vec<u8>> = self.segments.iter().map(segment).collect();
        let inits: Vec<Vec<u8>> = self.inits.iter().map(|(priority, s)| [leb(*priority), leb(*s)].concat()).collect();
        let member = |(kind, index): &(u8, u32)| {
            [vec![*kind], leb(if *kind == 5 { first_custom + index } else { *index })].concat()
        };
        let group = |(name, members): &(String, Vec<(u8, u32)>)| {
            let items: Vec<Vec<u8>> = members.iter().map(member).collect();
            [text(name), leb(0), vector(items.len(), &items.concat())].concat()
        };
        let groups: Vec<Vec<u8>> = self.comdats.iter().map(group).collect();
        for (id, items) in [(8, &self.symbols), (5, &segments), (6, &inits), (7, &groups)] {
            if !items.is_empty() {
                out.push(id);
                out.extend(sized(&vector(items.len(), &items.concat())));
            }
        }
        out
    }
}

fn push<T>(list: &mut Vec<T>, item: T) -> u32 {
    list.push(item);
    list.len() as u32 - 1
}

/// Unsigned LEB128, minimal.
pub fn leb(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        bytes.push(if value == 0 { byte } else { byte | 0x80 });
        if value == 0 {
            return bytes;
        }
    }
}

fn sleb(mut value: i64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        let last = (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0);
        bytes.push(if last { byte } else { byte | 0x80 });
        if last {
            return bytes;
        }
    }
}

fn vector(count: usize, items: &[u8]) -> Vec<u8> {
    [leb(count as u32), items.to_vec()].concat()
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    vector(bytes.len(), bytes)
}

fn text(name: &str) -> Vec<u8> {
    sized(name.as_bytes())
}

fn section(out: &mut Vec<u8>, name: &str, payload: &[u8]) {
    out.push(0);
    out.extend(sized(&[text(name), payload.to_vec()].concat()));
}

/// Segments one behind the other, each at its alignment, as compilers place them.
fn segment_items(segments: &[Segment]) -> Vec<Vec<u8>> {
    let mut address = 0u32;
    let mut items = Vec::new();
    for segment in segments {
        address = address.next_multiple_of(1 << segment.align_log2.min(16));
        items.push([vec![0, 0x41], sleb(address.into()), vec![0x0b], sized(&segment.body.bytes)].concat());
        address += segment.body.bytes.len() as u32;
    }
    items
}

fn shifted(relocs: &[Reloc], by: usize) -> impl Iterator<Item = Reloc> {
    relocs.iter().map(move |reloc| Reloc { offset: reloc.offset + by, ..reloc.clone() })
}

fn code_relocs(functions: &[(u32, Body)]) -> Vec<Reloc> {
    let mut at = leb(functions.len() as u32).len();
    let mut relocs = Vec::new();
    for (_, body) in functions {
        relocs.extend(shifted(&body.relocs, at + leb(body.bytes.len() as u32).len()));
        at += sized(&body.bytes).len();
    }
    relocs
}

fn data_relocs(segments: &[Segment]) -> Vec<Reloc> {
    let mut at = leb(segments.len() as u32).len();
    let mut relocs = Vec::new();
    for (segment, item) in segments.iter().zip(segment_items(segments)) {
        relocs.extend(shifted(&segment.body.relocs, at + item.len() - segment.body.bytes.len()));
        at += item.len();
    }
    relocs
}

fn reloc_section(index: u32, relocs: &[Reloc]) -> Vec<u8> {
    let with_addend = [
        reloc::MEMORY_ADDR_LEB,
        reloc::MEMORY_ADDR_SLEB,
        reloc::MEMORY_ADDR_I32,
        reloc::FUNCTION_OFFSET_I32,
        reloc::SECTION_OFFSET_I32,
        reloc::MEMORY_ADDR_TLS_SLEB,
    ];
    let mut out = [leb(index), leb(relocs.len() as u32)].concat();
    for reloc in relocs {
        out.push(reloc.kind);
        out.extend(leb(reloc.offset as u32));
        out.extend(leb(reloc.index));
        if with_addend.contains(&reloc.kind) {
            out.extend(sleb(reloc.addend));
        }
    }
    out
}
