//! Rewrites the `linking` section: the gate comes or goes, sections have other indices. Spec: tool-conventions,
//! Linking.md, "Linking Metadata Section".

use super::{GATE_SIZES, Gate, push_padded};
use crate::leb;
use crate::mir::file::{GATE_SEGMENT, GATE_SYMBOL};
use crate::object::linking::SEGMENT_RETAIN;
use crate::object::{Object, SymbolFlags, SymbolKind};

const SEGMENT_INFO: u8 = 5;
const COMDAT_INFO: u8 = 7;
const SYMBOL_TABLE: u8 = 8;
/// The kind of a COMDAT entry that is a section.
const COMDAT_SECTION: u32 = 5;

/// A cursor over what has been checked.
struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Cursor<'b> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }
    fn u32(&mut self) -> Option<u32> {
        leb::read_u32(self.bytes, &mut self.at).ok()
    }
    fn u64(&mut self) -> Option<u64> {
        leb::read_u64(self.bytes, &mut self.at).ok()
    }
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let bytes = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(bytes)
    }
    fn name(&mut self) -> Option<&'b [u8]> {
        let size = self.u32()? as usize;
        self.take(size)
    }
    fn since(&self, start: usize) -> &'b [u8] {
        &self.bytes[start..self.at]
    }
    fn rest(&self) -> &'b [u8] {
        &self.bytes[self.at..]
    }
}

/// The payload `bytes` of the section for the new object. `map` gives the new index of each section, or none if it is
/// dropped; `linking` is that of this section. `None` if the bytes are not what `object` says.
pub(super) fn rewrite(bytes: &[u8], object: &Object, map: &[Option<u32>], linking: u32, gate: Gate) -> Option<Vec<u8>> {
    let mut reader = Cursor { bytes, at: 0 };
    reader.u32()?;
    let mut out = reader.since(0).to_vec();
    let (mut has_symbols, mut has_segments) = (false, false);
    while !reader.rest().is_empty() {
        let kind = reader.byte()?;
        let size = reader.u32()? as usize;
        let part = Cursor { bytes: reader.take(size)?, at: 0 };
        let payload = match kind {
            SYMBOL_TABLE => {
                has_symbols = true;
                symbols(part, map, linking, gate)?
            }
            SEGMENT_INFO => {
                has_segments = true;
                segments(part, object, gate)?
            }
            COMDAT_INFO => comdats(part, map)?,
            _ => part.bytes.to_vec(),
        };
        // A list of nothing but the gate goes with it.
        let is_list = matches!(kind, SYMBOL_TABLE | SEGMENT_INFO);
        if !(is_list && gate == Gate::Remove && payload == [0]) {
            push_subsection(&mut out, kind, &payload);
        }
    }
    if gate == Gate::Add {
        let none = || Cursor { bytes: &[0], at: 0 };
        if !has_symbols {
            push_subsection(&mut out, SYMBOL_TABLE, &symbols(none(), map, linking, gate)?);
        }
        if !has_segments {
            push_subsection(&mut out, SEGMENT_INFO, &segments(none(), object, gate)?);
        }
    }
    Some(out)
}

fn push_subsection(out: &mut Vec<u8>, kind: u8, payload: &[u8]) {
    out.push(kind);
    push_padded(out, payload.len() as u32);
    out.extend_from_slice(payload);
}

/// The symbol table. Symbols of dropped sections become such of this section, so that no other symbol gets another
/// index; nothing refers to them any more.
fn symbols(mut reader: Cursor, map: &[Option<u32>], linking: u32, gate: Gate) -> Option<Vec<u8>> {
    let count = reader.u32()?;
    let mut out = Vec::with_capacity(reader.bytes.len() + 32);
    let kept = match gate {
        Gate::Add => count,
        Gate::Remove => count.checked_sub(1)?,
    };
    leb::push_unsigned(&mut out, if gate == Gate::Add { count as u64 + 1 } else { kept as u64 });
    for _ in 0..kept {
        let start = reader.at;
        let kind = SymbolKind::from_code(reader.byte()?)?;
        let flags = SymbolFlags(reader.u32()? as u16);
        match kind {
            SymbolKind::Section => {
                out.extend_from_slice(reader.since(start));
                let new = map.get(reader.u32()? as usize).copied().flatten();
                leb::push_unsigned(&mut out, new.unwrap_or(linking) as u64);
                continue;
            }
            SymbolKind::Data => {
                reader.name()?;
                if !flags.is_undefined() {
                    reader.u32()?;
                    reader.u64()?;
                    reader.u64()?;
                }
            }
            _ => {
                reader.u32()?;
                if !flags.is_undefined() || flags.has(SymbolFlags::EXPLICIT_NAME) {
                    reader.name()?;
                }
            }
        }
        out.extend_from_slice(reader.since(start));
    }
    if gate == Gate::Add {
        out.extend_from_slice(&[SymbolKind::Data as u8, SymbolFlags::UNDEFINED as u8]);
        leb::push_name(&mut out, GATE_SYMBOL.as_bytes());
    }
    Some(out)
}

/// Names and alignments of segments. To name the last one, all in front of it need names, empty ones if need be.
fn segments(mut reader: Cursor, object: &Object, gate: Gate) -> Option<Vec<u8>> {
    let count = reader.u32()?;
    let mut out = Vec::with_capacity(reader.bytes.len() + 32);
    if gate == Gate::Remove {
        let kept = count.checked_sub(1)?;
        leb::push_unsigned(&mut out, kept as u64);
        let start = reader.at;
        for _ in 0..kept {
            reader.name()?;
            reader.u32()?;
            reader.u32()?;
        }
        out.extend_from_slice(reader.since(start));
        return Some(out);
    }
    leb::push_unsigned(&mut out, object.segment_count as u64 + 1);
    out.extend_from_slice(reader.rest());
    (count..object.segment_count).for_each(|_| out.extend_from_slice(&[0, 0, 0]));
    leb::push_name(&mut out, GATE_SEGMENT.as_bytes());
    let alignment = GATE_SIZES[object.is_64 as usize].ilog2();
    out.extend_from_slice(&[alignment as u8, SEGMENT_RETAIN as u8]);
    Some(out)
}

/// COMDAT groups, without the sections that are dropped.
fn comdats(mut reader: Cursor, map: &[Option<u32>]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(reader.bytes.len());
    let groups = reader.u32()?;
    leb::push_unsigned(&mut out, groups as u64);
    for _ in 0..groups {
        let start = reader.at;
        reader.name()?;
        reader.u32()?;
        out.extend_from_slice(reader.since(start));
        let mut entries = Vec::new();
        for _ in 0..reader.u32()? {
            let (kind, index) = (reader.u32()?, reader.u32()?);
            match map.get(index as usize).filter(|_| kind == COMDAT_SECTION) {
                Some(None) => {}
                Some(&Some(new)) => entries.push((kind, new)),
                None => entries.push((kind, index)),
            }
        }
        leb::push_unsigned(&mut out, entries.len() as u64);
        for (kind, index) in entries {
            leb::push_unsigned(&mut out, kind as u64);
            leb::push_unsigned(&mut out, index as u64);
        }
    }
    Some(out)
}
