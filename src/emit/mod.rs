//! Layout -> module, in three steps.
//!
//! 1. *Plan*: the size of everything is known or made known (bodies whose fields are compacted, names and small
//!    sections are produced into buffers); prefix sums give every offset.
//! 2. *Fill*: bodies, segments and custom sections are copied and relocated in parallel into disjoint slices.
//! 3. *Stitch*: one short sequential pass puts section headers and small sections into place.

mod build_id;
mod code;
mod custom;
mod data;
mod names;
mod sections;
mod stitch;

use crate::diagnostic::Diagnostics;
use crate::index::*;
use crate::layout::Layout;
use crate::liveness::LiveSet;
use crate::options::Options;
use crate::relocate::{Offsets, Relocator};
use crate::resolve::Resolution;
use crate::synthetic::Bodies;
use rayon::prelude::*;

/// The first eight bytes of every module: magic number and version.
const MODULE_HEADER: &[u8] = b"\0asm\x01\0\0\0";

/// Everything that emission reads.
#[derive(Clone, Copy)]
pub struct Products<'a, 'i> {
    /// Options.
    pub options: &'a Options,
    /// Objects and symbols.
    pub resolution: &'a Resolution<'i>,
    /// What is in the output.
    pub live: &'a LiveSet,
    /// Indices and addresses.
    pub layout: &'a Layout<'i>,
    /// Bodies of the linker's functions.
    pub bodies: &'a Bodies,
}

/// A section of the output.
struct Section {
    /// Id, size and whatever precedes the part that is filled in parallel; the whole section, if that part is empty.
    head: Vec<u8>,
    fill: Fill,
    /// Bytes that `fill` writes.
    size: usize,
}

/// Who writes the bulk of a section.
enum Fill {
    Nothing,
    Code,
    Data,
    Custom(usize),
    Names,
}

/// Where every byte of the output comes from.
pub struct Plan<'a, 'i> {
    products: Products<'a, 'i>,
    sections: Vec<Section>,
    code: code::CodePlan,
    data: data::DataPlan,
    customs: custom::CustomPlan<'i>,
    names: names::NamesPlan,
    build_id: Option<usize>,
    size: usize,
}

/// A section of the planned module, for reports.
pub struct Part<'p> {
    /// Its id. Spec: WebAssembly core, "Modules", "Sections".
    pub id: u8,
    /// Its name, if it is a custom section.
    pub name: Option<&'p str>,
    /// Bytes from the start of the module.
    pub offset: usize,
    /// Bytes, its header included.
    pub size: usize,
    /// What reports can list of it.
    pub content: Content,
}

/// What reports can list of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    Other,
    /// Globals.
    Globals,
    /// Functions.
    Code,
    /// Data segments.
    Data,
}

/// Sizes everything and gives every part of the module its place.
pub fn plan<'a, 'i>(products: Products<'a, 'i>) -> Plan<'a, 'i> {
    let (code, (data, (customs, names))) = rayon::join(
        || code::CodePlan::new(products),
        || {
            rayon::join(
                || data::DataPlan::new(products),
                || rayon::join(|| custom::CustomPlan::new(products), || names::NamesPlan::new(products)),
            )
        },
    );
    let mut plan = Plan { products, sections: Vec::new(), code, data, customs, names, build_id: None, size: 0 };
    plan.add_sections();
    plan.size =
        MODULE_HEADER.len() + plan.sections.iter().map(|section| section.head.len() + section.size).sum::<usize>();
    plan
}

impl<'i> Plan<'_, 'i> {
    /// Bytes of the module.
    pub fn size(&self) -> usize {
        self.size
    }

    /// What the module is made from.
    pub fn products(&self) -> Products<'_, 'i> {
        self.products
    }

    /// The sections, in order.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let mut end = MODULE_HEADER.len();
        self.sections.iter().map(move |section| {
            let (offset, size) = (end, section.head.len() + section.size);
            end += size;
            let id = section.head.first().copied().unwrap_or(stitch::CUSTOM);
            let content = match id {
                stitch::GLOBAL => Content::Globals,
                stitch::CODE => Content::Code,
                stitch::DATA => Content::Data,
                _ => Content::Other,
            };
            Part { id, name: stitch::custom_name(&section.head), offset, size, content }
        })
    }

    /// Offset of body number `index` from the start of the code section's payload, and its bytes.
    pub fn function_place(&self, index: usize) -> (u64, u64) {
        let count = self.products.layout.functions.len();
        (self.code.payload_offset(count, index), self.code.size_of(index))
    }

    /// Offset of a data segment of the layout from the start of the data section's payload, and the bytes of its header;
    /// `None` if it takes no bytes.
    pub fn segment_place(&self, index: usize) -> Option<(u64, u64)> {
        self.data.place(self.products.layout, index)
    }

    fn add_sections(&mut self) {
        for head in sections::before_code(&self.products) {
            self.sections.push(Section { head, fill: Fill::Nothing, size: 0 });
        }
        if !self.products.layout.functions.is_empty() {
            let count = self.products.layout.functions.len() as u64;
            let head = stitch::head(stitch::CODE, self.code.size(), |out| crate::leb::push_unsigned(out, count));
            self.sections.push(Section { head, fill: Fill::Code, size: self.code.size() });
        }
        if self.data.count() > 0 {
            let count = self.data.count() as u64;
            let head = stitch::head(stitch::DATA, self.data.size(), |out| crate::leb::push_unsigned(out, count));
            self.sections.push(Section { head, fill: Fill::Data, size: self.data.size() });
        }
        for (index, custom) in self.customs.sections().iter().enumerate() {
            let name = custom.name.as_bytes();
            let head = stitch::head(stitch::CUSTOM, custom.size, |out| crate::leb::push_name(out, name));
            self.sections.push(Section { head, fill: Fill::Custom(index), size: custom.size });
        }
        if self.names.size() > 0 {
            let head = stitch::head(stitch::CUSTOM, self.names.size(), |out| crate::leb::push_name(out, b"name"));
            self.sections.push(Section { head, fill: Fill::Names, size: self.names.size() });
        }
        for head in sections::after_names(&self.products) {
            self.sections.push(Section { head, fill: Fill::Nothing, size: 0 });
        }
        if let Some(head) = build_id::section(self.products.options) {
            self.build_id = Some(self.sections.len());
            self.sections.push(Section { head, fill: Fill::Nothing, size: 0 });
        }
    }

    /// Writes the module into `out`, which has [`Plan::size`] bytes. Returns the nanoseconds that the sequential part took.
    ///
    /// # Errors
    /// In `diagnostics`: there is no random build id.
    pub fn write(&self, out: &mut [u8], diagnostics: &mut Diagnostics) -> u64 {
        assert_eq!(out.len(), self.size, "the buffer is as large as planned");
        let (header, rest) = out.split_at_mut(MODULE_HEADER.len());
        let (mut heads, mut fills) = (vec![(header, MODULE_HEADER)], Vec::new());
        let mut rest = rest;
        for section in &self.sections {
            let (head, behind) = rest.split_at_mut(section.head.len());
            let (fill, behind) = behind.split_at_mut(section.size);
            heads.push((head, &section.head));
            fills.push((&section.fill, fill));
            rest = behind;
        }
        let relocator = Relocator {
            resolution: self.products.resolution,
            live: self.products.live,
            layout: self.products.layout,
            offsets: Some(self),
        };
        fills.into_par_iter().for_each(|(fill, out)| match fill {
            Fill::Nothing => {}
            Fill::Code => self.code.write(self.products, &relocator, out),
            Fill::Data => self.data.write(self.products, &relocator, out),
            Fill::Custom(index) => self.customs.write(*index, &relocator, out),
            Fill::Names => self.names.write(out),
        });
        let start = std::time::Instant::now();
        stitch::stitch(heads);
        let serial = start.elapsed().as_nanos() as u64;
        if self.build_id.is_some() {
            build_id::write(self.products.options, out, diagnostics);
        }
        serial
    }
}

impl Offsets for Plan<'_, '_> {
    fn function(&self, function: InputFunctionIdx) -> Option<(u64, u64)> {
        let index = self.products.layout.function_index(function)? - self.products.layout.imported_functions;
        let width = match self.products.resolution.functions.locate(function) {
            Some((file, local)) => {
                self.products.resolution.files[file].contents.bodies[local as usize].size_width as u64
            }
            // As in LLD, offsets in a function of the linker count from its size field.
            None => 0,
        };
        Some((self.code.payload_offset(self.products.layout.functions.len(), index as usize), width))
    }
    fn custom(&self, custom: InputCustomIdx, offset: u64) -> Option<u64> {
        self.customs.offset(custom, offset)
    }
}
