//! The sections of a file, and the names in it, by their places.

use super::reader::Reader;
use crate::leb;
use std::ops::Range;

/// One section as it lies in the file.
#[derive(Clone, Copy, Debug)]
pub struct Section<'i> {
    /// Section id: 0 custom, 1 type, ... (core spec, "Sections").
    pub id: u8,
    /// Offset of the payload from the start of the file; behind the name, in a custom section.
    pub offset: usize,
    /// The payload; behind the name, in a custom section.
    pub bytes: &'i [u8],
    /// The name of a custom section, else empty.
    pub name: &'i str,
}

impl<'i> Section<'i> {
    /// What messages call it: the name of a custom section, else e.g. `CODE`.
    pub fn label(&self) -> &'i str {
        match self.id {
            0 => self.name,
            id => section_label(id),
        }
    }
    /// A cursor over the payload, for a section of the file `file`.
    pub(super) fn reader<'n>(&self, file: &'n str) -> Reader<'i, 'n>
    where
        'i: 'n,
    {
        Reader::new(file, self.label(), self.bytes, self.offset)
    }
}

/// What messages call the sections with id `id`.
pub fn section_label(id: u8) -> &'static str {
    const LABELS: [&str; 14] = [
        "CUSTOM",
        "TYPE",
        "IMPORT",
        "FUNCTION",
        "TABLE",
        "MEMORY",
        "GLOBAL",
        "EXPORT",
        "START",
        "ELEM",
        "CODE",
        "DATA",
        "DATACOUNT",
        "TAG",
    ];
    LABELS.get(id as usize).copied().unwrap_or("UNKNOWN")
}

/// Where a section is: what is kept of the thousands of them.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Offset of the payload from the start of the file; behind the name, in a custom section.
    start: u32,
    /// Where the payload ends.
    end: u32,
    name: NameAt,
    id: u8,
}

/// The sections of a file that is being read.
pub(super) struct SectionList(Vec<Entry>);

impl SectionList {
    /// None yet, and room for `capacity` of them.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }
    /// Appends a section with the payload at `range`, which ends below 4 GiB.
    pub fn push(&mut self, id: u8, name: NameAt, range: Range<usize>) {
        self.0.push(Entry { start: range.start as u32, end: range.end as u32, name, id });
    }
    /// The sections of the file `bytes`.
    pub fn finish(self, bytes: &[u8]) -> Sections<'_> {
        // A copy of just that size: what is given back serves the next file.
        Sections { bytes, list: self.0.as_slice().into() }
    }
}

/// The sections of a file, in its order.
#[derive(Debug, Default)]
pub struct Sections<'i> {
    bytes: &'i [u8],
    list: Box<[Entry]>,
}

impl<'i> Sections<'i> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
    /// The section `index`, if there are that many.
    pub fn get(&self, index: usize) -> Option<Section<'i>> {
        self.list.get(index).map(|entry| self.section(entry))
    }
    /// The last section.
    pub fn last(&self) -> Option<Section<'i>> {
        self.list.last().map(|entry| self.section(entry))
    }
    /// The first section with the id `id`.
    pub fn with_id(&self, id: u8) -> Option<Section<'i>> {
        self.list.iter().find(|entry| entry.id == id).map(|entry| self.section(entry))
    }
    /// The first custom section called `name`, and its index.
    pub fn with_name(&self, name: &str) -> Option<(usize, Section<'i>)> {
        let is_it = |entry: &Entry| string_at(self.bytes, entry.name).0 == name.as_bytes();
        let index = self.list.iter().position(|entry| entry.name != NameAt::NONE && is_it(entry))?;
        Some((index, self.section(&self.list[index])))
    }
    /// The id of the section `index`; 0 if there is none.
    pub(super) fn id(&self, index: usize) -> u8 {
        self.list.get(index).map_or(0, |entry| entry.id)
    }
    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Section<'i>> + '_ {
        self.list.iter().map(|entry| self.section(entry))
    }
    /// Where the name of the section `index` is.
    pub(super) fn name_of(&self, index: usize) -> NameAt {
        self.list.get(index).map_or(NameAt::NONE, |entry| entry.name)
    }
    /// The file.
    pub(super) fn file(&self) -> &'i [u8] {
        self.bytes
    }

    fn section(&self, entry: &Entry) -> Section<'i> {
        let (start, end) = (entry.start as usize, entry.end as usize);
        let name = match entry.name {
            NameAt::NONE => "",
            // Checked when the file was split.
            name => str::from_utf8(string_at(self.bytes, name).0).unwrap_or_default(),
        };
        Section { id: entry.id, offset: start, bytes: &self.bytes[start..end], name }
    }
}

/// Where a name stands in its object; [`super::Object::text`] reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameAt(pub(super) u32);

impl NameAt {
    /// No place: an empty name.
    pub const NONE: Self = Self(u32::MAX);
}

impl Default for NameAt {
    fn default() -> Self {
        Self::NONE
    }
}

/// The string whose length stands at `at`, and where it ends. No string if there is none.
#[inline]
pub(super) fn string_at(file: &[u8], at: NameAt) -> (&[u8], NameAt) {
    let mut start = at.0 as usize;
    let length = match file.get(start) {
        Some(&length @ 0..0x80) => {
            start += 1;
            length as usize
        }
        _ => leb::read_u32(file, &mut start).unwrap_or(0) as usize,
    };
    let end = start + length;
    (file.get(start..end).unwrap_or_default(), NameAt(end as u32))
}
