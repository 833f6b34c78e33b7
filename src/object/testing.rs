//! Objects built by hand for the tests of this module.

use super::header::id;
use super::*;
use crate::leb;

/// Indices of sections in [`Sample::whole`].
pub const CODE_SECTION: u8 = 9;
pub const DATA_SECTION: u8 = 10;
pub const DEBUG_SECTION: u8 = 11;

/// Indices of symbols in [`Sample::whole`].
pub mod symbol {
    pub const IMPORTED: u8 = 0;
    pub const DEFINED: u8 = 1;
    pub const DATA: u8 = 3;
    pub const GLOBAL: u8 = 6;
    pub const TABLE: u8 = 7;
    pub const TAG: u8 = 8;
    pub const SECTION: u8 = 9;
}

/// An object as a list of sections, so that a test can replace one.
#[derive(Clone)]
pub struct Sample {
    /// Id, name (of custom sections) and payload behind the name.
    pub sections: Vec<(u8, &'static str, Vec<u8>)>,
}

/// A counted list.
pub fn list(entries: &[&[u8]]) -> Vec<u8> {
    let mut out = vec![entries.len() as u8];
    entries.iter().for_each(|entry| out.extend_from_slice(entry));
    out
}

/// `prefix`, then the length of `bytes` and `bytes`, then `suffix`.
pub fn counted(prefix: &[u8], bytes: impl AsRef<[u8]>, suffix: &[u8]) -> Vec<u8> {
    let mut out = prefix.to_vec();
    leb::push_name(&mut out, bytes.as_ref());
    out.extend_from_slice(suffix);
    out
}

/// A `linking` section of the subsections (kind, payload).
pub fn linking(subsections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut out = vec![2];
    subsections.iter().for_each(|(kind, payload)| out.extend(counted(&[*kind], payload, &[])));
    out
}

/// The symbol table of [`Sample::whole`].
pub fn symbols() -> Vec<u8> {
    list(&[
        &[0, 0x10, 0],
        &counted(&[0, 4, 2], "defined", &[]),
        &counted(&[0, 0x50, 1], "explicit", &[]),
        &counted(&[1, 0], "data", &[1, 2, 2]),
        &counted(&[1, 0x11], "missing", &[]),
        &[2, 0x10, 0],
        &counted(&[2, 0, 1], "global", &[]),
        &[5, 0x10, 0],
        &counted(&[4, 1, 0], "tag", &[]),
        &[3, 2, DEBUG_SECTION],
        &counted(&[1, 0x80, 4], "absolute", &[9, 0x80, 0x20, 4]),
        &counted(&[0, 1, 3], "other", &[]),
    ])
}

fn import(field: &str, ty: &[u8]) -> Vec<u8> {
    counted(&counted(&[], "env", &[]), field, ty)
}

fn sample_linking() -> Vec<u8> {
    linking(&[
        // Init functions before the symbols that they refer to.
        (6, list(&[&[100, symbol::DEFINED]])),
        (8, symbols()),
        (5, list(&[&counted(&[], ".rodata.a", &[2, 1]), &counted(&[], ".tdata.b", &[3, 0])])),
        (7, list(&[&counted(&[], "group", &[0, 3, 1, 2, 0, 1, 5, DEBUG_SECTION])])),
        (99, vec![1, 2, 3]),
    ])
}

impl Sample {
    /// An object with every section and every kind of symbol.
    pub fn whole() -> Self {
        let imports = list(&[
            &import("imported", &[0, 0]),
            &import("field", &[0, 1]),
            &import("__indirect_function_table", &[1, 0x70, 0, 1]),
            &import("__linear_memory", &[2, 0, 1]),
            &import("__stack_pointer", &[3, 0x7f, 1]),
        ]);
        let bodies: [&[u8]; 2] =
            [&[0, 0x10, 0x80, 0x80, 0x80, 0x80, 0, 0x0b], &[0, 0x41, 0x80, 0x80, 0x80, 0x80, 0, 0x1a, 0x0b]];
        let code = list(&[&counted(&[], bodies[0], &[]), &counted(&[], bodies[1], &[])]);
        let data = list(&[&counted(&[0, 0x41, 0, 0x0b], [1, 2, 3, 4], &[]), &counted(&[1], [0; 8], &[])]);
        let code_relocations =
            [&[CODE_SECTION][..], &list(&[&[0, 4, symbol::IMPORTED], &[4, 13, symbol::DATA, 1]])].concat();
        let data_relocations =
            [&[DATA_SECTION][..], &list(&[&[2, 6, symbol::DEFINED], &[5, 16, symbol::DATA, 0x7f]])].concat();
        let debug_relocations =
            [&[DEBUG_SECTION][..], &list(&[&[9, 0, symbol::SECTION, 3], &[8, 4, symbol::DEFINED, 0]])].concat();
        let producers = list(&[
            &counted(&[], "language", &list(&[&counted(&[], "C11", &[0])])),
            &counted(&[], "processed-by", &list(&[&counted(&counted(&[], "clang", &[]), "22", &[])])),
        ]);
        let features = list(&[&counted(b"+", "sign-ext", &[]), &counted(b"-", "atomics", &[])]);
        Self {
            sections: vec![
                (id::TYPE, "", list(&[&[0x60, 0, 0], &[0x60, 1, 0x7f, 2, 0x7e, 0x70]])),
                (id::IMPORT, "", imports),
                (id::FUNCTION, "", list(&[&[0], &[1]])),
                (id::TABLE, "", list(&[&[0x6f, 1, 0, 5]])),
                (id::TAG, "", list(&[&[0, 0]])),
                (id::GLOBAL, "", list(&[&[0x7f, 0, 0x41, 7, 0x0b]])),
                (id::EXPORT, "", list(&[&counted(&[], "run", &[0, 2])])),
                (id::ELEMENT, "", list(&[&[0, 0x41, 0, 0x0b, 1, 2]])),
                (id::DATA_COUNT, "", vec![2]),
                (id::CODE, "", code),
                (id::DATA, "", data),
                (id::CUSTOM, ".debug_x", vec![0; 8]),
                (id::CUSTOM, "linking", sample_linking()),
                (id::CUSTOM, "reloc.CODE", code_relocations),
                (id::CUSTOM, "reloc.DATA", data_relocations),
                (id::CUSTOM, "reloc..debug_x", debug_relocations),
                (id::CUSTOM, "name", counted(&[1], list(&[&counted(&[2], "defined", &[])]), &[])),
                (id::CUSTOM, "producers", producers),
                (id::CUSTOM, "target_features", features),
            ],
        }
    }
    /// The same with another payload in the section that messages call `label`.
    pub fn with(mut self, label: &str, payload: impl Into<Vec<u8>>) -> Self {
        let is_it = |(id, name, _): &&mut (u8, &str, Vec<u8>)| section_label(*id) == label || *name == label;
        self.sections.iter_mut().find(is_it).expect("a section of the sample").2 = payload.into();
        self
    }
    /// The encoded object.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = b"\0asm\x01\0\0\0".to_vec();
        for (id, name, payload) in &self.sections {
            let name = if *id == id::CUSTOM { counted(&[], name, &[]) } else { Vec::new() };
            out.extend(counted(&[*id], [&name[..], payload].concat(), &[]));
        }
        out
    }
    /// What reading it complains about, without site.
    pub fn error(&self) -> String {
        let bytes = self.bytes();
        let result = Object::parse("a.o", &bytes).and_then(|object| Contents::parse(&object).map(drop));
        result.map_or_else(|diagnostic| diagnostic.message, |()| "no error".into())
    }
    /// The section and the offset in it that reading it complains about.
    pub fn error_place(&self) -> (String, u64) {
        let bytes = self.bytes();
        let result = Object::parse("a.o", &bytes).and_then(|object| Contents::parse(&object));
        let site = result.expect_err("an error").site.expect("a site");
        let sections = header::walk("a.o", &bytes).expect("sections");
        let base = sections.iter().find(|section| section.label() == site.section).map_or(0, |section| section.offset);
        (site.section, site.offset - base as u64)
    }
}
