//! Layout -> module, in three steps.
//!
//! 1. *Plan*: the size of everything is known or made known (bodies whose fields are compacted and small sections are
//!    produced into buffers); prefix sums give every offset.
//! 2. *Fill*: bodies, segments and custom sections are copied and relocated in parallel into disjoint slices; names, whose
//!    sizes nobody knows before they are demangled, go behind them in the same loop.
//! 3. *Stitch*: one short sequential pass puts section headers and small sections into place.

mod build_id;
mod code;
mod custom;
mod data;
mod dylink;
mod names;
mod relocatable;
mod sections;
mod stitch;
mod stream;
mod writer;

use crate::index::*;
use crate::layout::{Layout, StringPlaces};
use crate::leb;
use crate::liveness::LiveSet;
use crate::options::Options;
use crate::par;
use crate::relocate::{BodyPlaces, Offsets, Relocator, Table};
use crate::resolve::Resolution;
use crate::synthetic::Bodies;
use rayon::prelude::*;

pub(crate) use stitch::CODE;
pub use stream::Written;

/// The first eight bytes of every module: magic number and version.
const MODULE_HEADER: &[u8] = b"\0asm\x01\0\0\0";

/// What fits the size field of a section, with room for counts and names in front.
const SECTION_BYTES_MAX: usize = u32::MAX as usize - (1 << 16);

/// Bytes of a section that one task makes, about, if the section has `total`. In a large one, so many that writing them
/// pays; in a small one, few: each thread has a buffer for them, and touching its pages costs more than to write more often.
fn task_bytes(total: usize) -> usize {
    (total / 32).clamp(1 << 15, 1 << 18)
}

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

/// A piece of the output that one task writes.
#[derive(Clone, Debug)]
enum Job {
    /// Id, size and count of a section, or all of a small one: the stitch writes it.
    Head(Vec<u8>),
    /// Bodies.
    Code(usize),
    /// Segments.
    Data(data::DataJob),
    /// A part of a custom section.
    Custom(usize, usize),
    /// A piece of the name section.
    Names(usize),
    /// A piece of the sections that make the module an object.
    Object(usize, usize),
}

/// Where every byte of the output comes from.
pub struct Plan<'a, 'i> {
    products: Products<'a, 'i>,
    code: code::CodePlan,
    data: data::DataPlan,
    customs: custom::CustomPlan<'i>,
    names: Option<names::NamesPlan<'a, 'i>>,
    /// Empty until the names are wanted in memory.
    made_names: names::MadeNames,
    object: relocatable::ObjectSections,
    /// What covers the output, in order, each with its offset and size: up to the names as long as those are not made.
    jobs: Vec<(Job, usize, usize)>,
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

/// Sizes everything and gives every part of the module its place, but for the names: see [`Plan::make_names`].
pub fn plan<'a, 'i>(products: Products<'a, 'i>) -> Plan<'a, 'i> {
    // Where functions are lowered now, every operand is looked up now.
    let table = products.resolution.has_mir.then(|| {
        let Products { resolution, live, layout, .. } = products;
        Table::new(&Relocator { resolution, live, layout, offsets: None, table: None })
    });
    let ((code, small), (data, (customs, names))) = rayon::join(
        || rayon::join(|| code::CodePlan::new(products, table.as_ref()), || sections::before_code(&products)),
        || {
            rayon::join(
                || data::DataPlan::new(products),
                || rayon::join(|| custom::CustomPlan::new(products), || names::NamesPlan::new(products)),
            )
        },
    );
    let object = relocatable::ObjectSections { sections: Vec::new() };
    let made_names = names::MadeNames::default();
    let mut plan = Plan { products, code, data, customs, names, made_names, object, jobs: Vec::new(), size: 0 };
    plan.add_jobs(small);
    plan
}

impl<'i> Plan<'_, 'i> {
    /// Makes the name section in memory, so that the plan covers the whole module. Without it the names are made while the
    /// module is written.
    pub fn make_names(&mut self) {
        let Some(names) = self.names.take() else { return };
        self.made_names = names.make();
        self.add_head(self.made_names.front.clone());
        let sizes: Vec<usize> = self.made_names.pieces.iter().map(Vec::len).collect();
        sizes.into_iter().enumerate().for_each(|(piece, size)| self.add(Job::Names(piece), size));
        self.after_names().into_iter().for_each(|head| self.add_head(head));
    }

    /// Sections that follow the names.
    fn after_names(&self) -> Vec<Vec<u8>> {
        let mut sections = sections::after_names(&self.products);
        sections.extend(build_id::section(self.products.options));
        sections
    }

    /// Bytes of the module as far as it is planned.
    pub fn size(&self) -> usize {
        self.size
    }

    /// What the module is made from.
    pub fn products(&self) -> Products<'_, 'i> {
        self.products
    }

    /// The sections, in order, as far as they are planned.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let mut jobs = self.jobs.iter().peekable();
        // The first head is the module's.
        jobs.next();
        std::iter::from_fn(move || {
            let (Job::Head(head), offset, head_size) = jobs.next()? else { return None };
            let mut size = *head_size;
            while let Some((_, _, bytes)) = jobs.next_if(|(job, ..)| !matches!(job, Job::Head(_))) {
                size += bytes;
            }
            let id = head.first().copied().unwrap_or(stitch::CUSTOM);
            let content = match id {
                stitch::GLOBAL => Content::Globals,
                stitch::CODE => Content::Code,
                stitch::DATA => Content::Data,
                _ => Content::Other,
            };
            Some(Part { id, name: stitch::custom_name(head), offset: *offset, size, content })
        })
    }

    /// Offset of body number `index` from the start of the code section's payload, and its bytes.
    pub fn function_place(&self, index: usize) -> (u64, u64) {
        (self.code.payload_offset(index).0, self.code.size_of(index))
    }

    /// Offset of a data segment of the layout from the start of the data section's payload, and the bytes of its header;
    /// `None` if it takes no bytes.
    pub fn segment_place(&self, index: usize) -> Option<(u64, u64)> {
        self.data.place(index)
    }

    /// Whether every section fits its 32-bit size field.
    ///
    /// # Errors
    /// The name of a section that does not, and its size in bytes.
    pub fn check_sizes(&self) -> Result<(), (&str, usize)> {
        let customs = self.customs.sections().iter().map(|custom| (custom.name, custom.size));
        let large = [("CODE", self.code.size()), ("DATA", self.data.size()), ("name", self.made_names.size())];
        let too_large = large.into_iter().chain(customs).find(|&(_, size)| size > SECTION_BYTES_MAX);
        too_large.map_or(Ok(()), |(name, size)| Err((name, size)))
    }

    fn add(&mut self, job: Job, size: usize) {
        self.jobs.push((job, self.size, size));
        self.size += size;
    }

    fn add_head(&mut self, head: Vec<u8>) {
        let size = head.len();
        self.add(Job::Head(head), size);
    }

    /// `small` are the sections in front of the code.
    fn add_jobs(&mut self, small: Vec<Vec<u8>>) {
        self.add_head(MODULE_HEADER.to_vec());
        self.plan_object(small.len() as u32);
        small.into_iter().for_each(|head| self.add_head(head));
        if !self.products.layout.functions.is_empty() {
            let count = self.products.layout.functions.len() as u64;
            self.add_head(stitch::head(stitch::CODE, self.code.size(), |out| leb::push_unsigned(out, count)));
            let sizes: Vec<usize> = self.code.task_sizes().collect();
            sizes.into_iter().enumerate().for_each(|(task, size)| self.add(Job::Code(task), size));
        }
        if self.data.count() > 0 {
            let count = self.data.count() as u64;
            self.add_head(stitch::head(stitch::DATA, self.data.size(), |out| leb::push_unsigned(out, count)));
            let jobs: Vec<_> = self.data.jobs().collect();
            jobs.into_iter().for_each(|(job, size)| self.add(Job::Data(job), size));
        }
        for index in 0..self.customs.sections().len() {
            let custom = &self.customs.sections()[index];
            let name = custom.name.as_bytes();
            self.add_head(stitch::head(stitch::CUSTOM, custom.size, |out| leb::push_name(out, name)));
            let sizes: Vec<usize> = self.customs.task_sizes(index).collect();
            sizes.into_iter().enumerate().for_each(|(task, size)| self.add(Job::Custom(index, task), size));
        }
        for (section, (head, sizes)) in self.object.heads().into_iter().enumerate() {
            self.add_head(head);
            sizes.into_iter().enumerate().for_each(|(piece, size)| self.add(Job::Object(section, piece), size));
        }
        if self.names.is_none() {
            self.after_names().into_iter().for_each(|head| self.add_head(head));
        }
    }

    /// With `-r` or `--emit-relocs`: encodes symbols and relocations, once the sections in front have numbers.
    fn plan_object(&mut self, sections_before: u32) {
        if !self.products.options.relocatable && !self.products.options.emit_relocs {
            return;
        }
        let has_code = !self.products.layout.functions.is_empty();
        let has_data = self.data.count() > 0;
        let numbers = relocatable::SectionNumbers {
            code: has_code.then_some(sections_before),
            data: has_data.then_some(sections_before + u32::from(has_code)),
            first_custom: sections_before + u32::from(has_code) + u32::from(has_data),
        };
        self.object = relocatable::ObjectSections::new(self.products, &self.code, &self.data, &self.customs, &numbers);
    }

    fn relocator<'s>(&'s self, table: Option<&'s Table>) -> Relocator<'s, 'i> {
        Relocator {
            resolution: self.products.resolution,
            live: self.products.live,
            layout: self.products.layout,
            offsets: Some(self),
            table,
        }
    }

    /// Whether a piece leaves bytes as they are, which must be zero then.
    fn has_gaps(&self, job: &Job) -> bool {
        match job {
            Job::Data(_) => true,
            Job::Custom(section, _) => self.customs.sections()[*section].has_gaps(),
            Job::Head(_) | Job::Code(_) | Job::Object(..) | Job::Names(_) => false,
        }
    }

    /// Bytes that are there already.
    fn made(&self, job: &Job) -> Option<&[u8]> {
        match job {
            Job::Names(piece) => Some(&self.made_names.pieces[*piece]),
            Job::Object(section, piece) => Some(self.object.piece(*section, *piece)),
            Job::Head(_) | Job::Code(_) | Job::Data(_) | Job::Custom(..) => None,
        }
    }

    /// Writes one piece; `out` is zero before if the piece has gaps.
    fn run(&self, job: &Job, relocator: &Relocator, out: &mut [u8]) {
        match job {
            Job::Head(head) => out.copy_from_slice(head),
            Job::Code(task) => self.code.write(self.products, relocator, *task, out),
            Job::Data(job) => self.data.write(self.products, relocator, *job, out),
            Job::Custom(section, task) => self.customs.write(*section, *task, relocator, out),
            Job::Object(section, piece) => out.copy_from_slice(self.object.piece(*section, *piece)),
            Job::Names(piece) => out.copy_from_slice(&self.made_names.pieces[*piece]),
        }
    }

    /// The module, in memory.
    pub fn image(&mut self) -> Vec<u8> {
        self.make_names();
        let mut out = vec![0; self.size];
        let table = Table::new(&self.relocator(None));
        let relocator = self.relocator(Some(&table));
        let (mut heads, mut fills) = (Vec::new(), Vec::new());
        let mut rest = &mut *out;
        for (job, _, size) in &self.jobs {
            let (slot, behind) = rest.split_at_mut(*size);
            match job {
                Job::Head(head) => heads.push((slot, head.as_slice())),
                job => fills.push((slot, job)),
            }
            rest = behind;
        }
        par::uneven(fills.into_par_iter()).for_each(|(slot, job)| self.run(job, &relocator, slot));
        heads.into_iter().for_each(|(slot, head)| slot.copy_from_slice(head));
        if let Some((at, id)) = build_id::of(self.products.options, &out) {
            out[at..at + id.len()].copy_from_slice(&id);
        }
        out
    }
}

impl Offsets for Plan<'_, '_> {
    fn function(&self, function: InputFunctionIdx) -> Option<(u64, u64)> {
        self.bodies().get(self.products.layout.function_index(function)?)
    }
    fn custom(&self, custom: InputCustomIdx, offset: u64) -> Option<u64> {
        self.customs.offset(custom, offset)
    }
    fn custom_strings(&self, custom: InputCustomIdx) -> Option<StringPlaces<'_>> {
        self.customs.strings(custom)
    }
    fn custom_start(&self, custom: InputCustomIdx) -> Option<u64> {
        self.customs.start(custom)
    }
    fn bodies(&self) -> BodyPlaces<'_> {
        self.code.bodies(self.products.layout.imported_functions)
    }
}
