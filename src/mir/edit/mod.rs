//! An object as a list of sections that can be dropped, added and replaced; what refers to sections by index follows.

mod linking;

use super::tag;
use crate::leb;
use crate::object::header::id;
use crate::object::relocations::{Relocation, RelocationKind};
use crate::object::{Contents, Object, Section};
use std::borrow::Cow;

/// The name of the section with the symbols.
const LINKING: &str = "linking";
/// Bytes of the gate's alignment and field, where addresses have 32 bits and where they have 64.
const GATE_SIZES: [usize; 2] = [4, 8];

/// Flags of a data segment in memory 0. Spec: WebAssembly core, "Data Section".
const ACTIVE: u8 = 0;

/// What happens to the gate ([`super::file`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// It is put up.
    Add,
    /// It is taken away.
    Remove,
}

/// A section of the object to be written.
#[derive(Clone, Debug)]
pub(super) struct Part<'i> {
    /// Section id.
    pub id: u8,
    /// The name of a custom section, else empty.
    pub name: &'i str,
    /// The payload, behind the name.
    pub payload: Cow<'i, [u8]>,
    origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// Has this index in the object that was read.
    Old(usize),
    /// Is new.
    New,
    /// Is new and relocates the section with this id. The index of that section is not yet in the payload.
    NewRelocations(u8),
}

/// An object under change.
pub(super) struct Edit<'o, 'i> {
    object: &'o Object<'i>,
    contents: &'o Contents<'i>,
    parts: Vec<Part<'i>>,
    gate: Gate,
}

impl<'o, 'i> Edit<'o, 'i> {
    /// Everything as it is in `object`.
    pub fn new(object: &'o Object<'i>, contents: &'o Contents<'i>, gate: Gate) -> Self {
        let part = |(index, section): (usize, Section<'i>)| {
            let payload = Cow::Borrowed(section.bytes);
            Part { id: section.id, name: section.name, payload, origin: Origin::Old(index) }
        };
        let parts = object.sections.iter().enumerate().map(part).collect();
        Self { object, contents, parts, gate }
    }
    /// Drops the custom sections whose names `unwanted` takes, and the relocations of those.
    pub fn drop_customs(&mut self, unwanted: impl Fn(&str) -> bool) {
        let is_unwanted = |section: Section| section.id == id::CUSTOM && unwanted(section.name);
        let sections = &self.object.sections;
        self.parts.retain(|part| {
            let itself = part.id == id::CUSTOM && unwanted(part.name);
            let target = relocated_section(part).and_then(|index| sections.get(index));
            !itself && !target.is_some_and(is_unwanted)
        });
    }
    /// Gives the section with the id `id`, which is not custom, another payload, if it is there.
    pub fn replace(&mut self, id: u8, payload: Vec<u8>) {
        if let Some(part) = self.parts.iter_mut().find(|part| part.id == id) {
            part.payload = Cow::Owned(payload);
        }
    }
    /// Drops the relocations of the section with the id `id`, and adds `relocations` in their place, if there are any.
    pub fn set_relocations(&mut self, id: u8, relocations: &[Relocation]) {
        let sections = &self.object.sections;
        let is_old =
            |part: &Part| relocated_section(part).is_some_and(|at| sections.get(at).is_some_and(|s| s.id == id));
        let old = self.parts.iter().position(is_old);
        self.parts.retain(|part| !is_old(part));
        if relocations.is_empty() {
            return;
        }
        let mut payload = Vec::with_capacity(relocations.len() * 6);
        leb::push_unsigned(&mut payload, relocations.len() as u64);
        relocations.iter().for_each(|relocation| relocation.encode(relocation.offset, &mut payload));
        // They refer to symbols, which must come first.
        let behind_symbols = || self.parts.iter().position(|part| part.name == LINKING).map_or(0, |at| at + 1);
        let name = if id == id::CODE { "reloc.CODE" } else { "reloc.DATA" };
        let at = old.unwrap_or_else(behind_symbols);
        self.parts
            .insert(at, Part { id: id::CUSTOM, name, payload: payload.into(), origin: Origin::NewRelocations(id) });
    }
    fn insert(&mut self, at: usize, id: u8, payload: Vec<u8>) {
        self.parts.insert(at, Part { id, name: "", payload: payload.into(), origin: Origin::New });
    }
    fn set_data_count(&mut self, count: u32) {
        let mut payload = Vec::new();
        leb::push_unsigned(&mut payload, count as u64);
        self.replace(id::DATA_COUNT, payload);
    }

    /// Puts up the gate's segment, at `address` or behind it, with its relocation; and a memory for it, if need be.
    pub fn add_gate_segment(&mut self, address: u64) {
        self.ensure_memory();
        let is_64 = self.object.is_64;
        let size = GATE_SIZES[is_64 as usize];
        let (old_count, count) = (self.object.segment_count, self.object.segment_count + 1);
        let old = self.object.section(id::DATA).map_or(&[][..], |section| section.bytes);
        if self.object.section(id::DATA).is_none() {
            let at = self.parts.iter().rposition(|part| part.id != id::CUSTOM).map_or(0, |at| at + 1);
            self.insert(at, id::DATA, Vec::new());
        }
        let old_head = old.len().min(count_size(old, old_count));
        let mut payload = Vec::with_capacity(old.len() + 32);
        leb::push_unsigned(&mut payload, count as u64);
        let moved = payload.len() as i64 - old_head as i64;
        payload.extend_from_slice(&old[old_head..]);
        payload.extend_from_slice(&[ACTIVE, if is_64 { tag::I64_CONST } else { tag::I32_CONST }]);
        let address = address.checked_next_multiple_of(size as u64).unwrap_or(0);
        leb::push_signed(&mut payload, if is_64 { address as i64 } else { address as u32 as i32 as i64 });
        payload.extend_from_slice(&[tag::END, size as u8]);
        let field = payload.len();
        payload.resize(field + size, 0);
        self.replace(id::DATA, payload);
        self.set_data_count(count);
        let mut relocations = self.data_relocations(moved);
        let kind = if is_64 { RelocationKind::MEMORY_ADDR_I64 } else { RelocationKind::MEMORY_ADDR_I32 };
        let index = self.object.symbols.len() as u32;
        relocations.push(Relocation { kind, offset: field as u32, index, addend: 0 });
        self.set_relocations(id::DATA, &relocations);
    }

    /// Takes away the gate's segment, with its relocation.
    pub fn remove_gate_segment(&mut self) {
        let count = self.object.segment_count;
        let old = self.object.section(id::DATA).map_or(&[][..], |section| section.bytes);
        let old_head = old.len().min(count_size(old, count + 1));
        let mut payload = Vec::with_capacity(old.len());
        leb::push_unsigned(&mut payload, count as u64);
        let moved = payload.len() as i64 - old_head as i64;
        // Segments end where their bytes end.
        let end =
            self.contents.segments.iter().next_back().map_or(old_head, |last| last.offset as usize + last.data.len());
        payload.extend_from_slice(old.get(old_head..end).unwrap_or(&[]));
        match count {
            0 => self.parts.retain(|part| part.id != id::DATA),
            _ => self.replace(id::DATA, payload),
        }
        self.set_data_count(count);
        let relocations = self.data_relocations(moved);
        self.set_relocations(id::DATA, &relocations);
    }

    /// The relocations of the segments, moved by `moved` bytes.
    fn data_relocations(&self, moved: i64) -> Vec<Relocation> {
        let all = self.contents.segments.iter().flat_map(|segment| self.contents.segment_relocations(&segment));
        all.map(|relocation| Relocation { offset: (relocation.offset as i64 + moved) as u32, ..relocation }).collect()
    }

    /// Imports a memory, if there is none.
    fn ensure_memory(&mut self) {
        const MEMORY: &[u8] = b"\x03env\x0f__linear_memory\x02\x00\x00";
        if self.object.memory_count > 0 {
            return;
        }
        let old = self.object.section(id::IMPORT).map_or(&[0][..], |section| section.bytes);
        let mut head = 0;
        let count = leb::read_u32(old, &mut head).unwrap_or(0);
        let mut payload = Vec::new();
        leb::push_unsigned(&mut payload, count as u64 + 1);
        payload.extend_from_slice(&old[head..]);
        payload.extend_from_slice(MEMORY);
        if self.object.section(id::IMPORT).is_none() {
            let at = self.parts.iter().position(|part| part.id == id::TYPE).map_or(0, |at| at + 1);
            self.insert(at, id::IMPORT, Vec::new());
        }
        self.replace(id::IMPORT, payload);
    }

    /// The sections of the new object. `None` if the `linking` section is not what it was when it was checked.
    pub fn finish(mut self) -> Option<Vec<Part<'i>>> {
        let mut map = vec![None; self.object.sections.len()];
        for (new, part) in self.parts.iter().enumerate() {
            if let Origin::Old(old) = part.origin {
                map[old] = Some(new as u32);
            }
        }
        let place = |id| self.parts.iter().position(|part| part.id == id);
        let (code, data) = (place(id::CODE), place(id::DATA));
        let linking = self.parts.iter().position(|part| part.name == LINKING)? as u32;
        for part in &mut self.parts {
            let (target, entries) = match (part.origin, relocated_section(part)) {
                (Origin::NewRelocations(id), _) => {
                    (if id == id::CODE { code } else { data }? as u32, &part.payload[..])
                }
                (Origin::Old(_), Some(old)) => {
                    let mut at = 0;
                    leb::read_u32(&part.payload, &mut at).ok()?;
                    ((*map.get(old)?)?, &part.payload[at..])
                }
                _ if part.id == id::CUSTOM && part.name == LINKING => {
                    let payload = linking::rewrite(&part.payload, self.object, &map, linking, self.gate)?;
                    part.payload = payload.into();
                    continue;
                }
                _ => continue,
            };
            let mut payload = Vec::with_capacity(entries.len() + leb::PADDED_32);
            leb::push_unsigned(&mut payload, target as u64);
            payload.extend_from_slice(entries);
            part.payload = payload.into();
        }
        Some(self.parts)
    }
}

/// Bytes of the count at the start of `section`, which is `count` if there is anything.
fn count_size(section: &[u8], count: u32) -> usize {
    let mut at = 0;
    match leb::read_u32(section, &mut at) {
        Ok(_) => at,
        Err(_) => leb::unsigned_size(count as u64),
    }
}

/// The section that a relocation section of the object that was read is about.
fn relocated_section(part: &Part) -> Option<usize> {
    let is_old = matches!(part.origin, Origin::Old(_));
    if part.id != id::CUSTOM || !part.name.starts_with("reloc.") || !is_old {
        return None;
    }
    leb::read_u32(&part.payload, &mut 0).ok().map(|index| index as usize)
}

impl<'i> Part<'i> {
    /// A new custom section.
    pub fn custom(name: &'i str, payload: Vec<u8>) -> Self {
        Self { id: id::CUSTOM, name, payload: payload.into(), origin: Origin::New }
    }
}

/// The object of `parts`. Size fields are as wide as LLVM makes them. `None` if a section is 4 GiB or larger.
pub(super) fn write(parts: &[Part]) -> Option<Vec<u8>> {
    let size: usize = parts.iter().map(|part| part.payload.len() + part.name.len() + 16).sum();
    let mut out = Vec::with_capacity(size);
    out.extend_from_slice(b"\0asm\x01\0\0\0");
    for part in parts {
        let name_size = leb::unsigned_size(part.name.len() as u64) + part.name.len();
        let size = part.payload.len() + if part.id == id::CUSTOM { name_size } else { 0 };
        let size = u32::try_from(size).ok()?;
        out.push(part.id);
        push_padded(&mut out, size);
        if part.id == id::CUSTOM {
            leb::push_name(&mut out, part.name.as_bytes());
        }
        out.extend_from_slice(&part.payload);
    }
    Some(out)
}

/// Appends a number of full width.
fn push_padded(out: &mut Vec<u8>, number: u32) {
    let at = out.len();
    out.resize(at + leb::PADDED_32, 0);
    leb::write_unsigned_padded(&mut out[at..], number as u64);
}
