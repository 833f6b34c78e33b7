//! The `linking` section.

use super::symbols::SymbolTable;
use crate::emit::{Products, stitch};
use crate::index::*;
use crate::layout::Chunk;
use crate::leb;
use std::collections::BTreeMap;

const VERSION: u64 = 2;
const SEGMENT_INFO: u8 = 5;
const INIT_FUNCTIONS: u8 = 6;
const COMDAT_INFO: u8 = 7;
const SYMBOL_TABLE: u8 = 8;
const COMDAT_DATA: u8 = 0;
const COMDAT_FUNCTION: u8 = 1;

/// The section: its head, with everything but the symbols' bytes in small, and the pieces behind it.
pub fn section(products: Products, symbols: &SymbolTable) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut pieces = Vec::new();
    if symbols.count > 0 {
        let mut body = Vec::with_capacity(symbols.bytes.len() + 5);
        leb::push_unsigned(&mut body, symbols.count as u64);
        body.extend_from_slice(&symbols.bytes);
        push_subsection(&mut pieces, SYMBOL_TABLE, body);
    }
    push_subsection(&mut pieces, SEGMENT_INFO, segments(products));
    push_subsection(&mut pieces, INIT_FUNCTIONS, init_functions(products, symbols));
    push_subsection(&mut pieces, COMDAT_INFO, comdats(products));
    let size = pieces.iter().map(Vec::len).sum();
    let head = stitch::head(stitch::CUSTOM, size, |out| {
        leb::push_name(out, b"linking");
        leb::push_unsigned(out, VERSION);
    });
    (head, pieces)
}

fn push_subsection(pieces: &mut Vec<Vec<u8>>, id: u8, body: Vec<u8>) {
    if !body.is_empty() {
        let mut head = vec![id];
        leb::push_unsigned(&mut head, body.len() as u64);
        pieces.push(head);
        pieces.push(body);
    }
}

fn segments(products: Products) -> Vec<u8> {
    let segments = &products.layout.segments;
    let mut out = Vec::new();
    if !segments.is_empty() {
        leb::push_unsigned(&mut out, segments.len() as u64);
        for segment in segments {
            leb::push_name(&mut out, segment.name.as_bytes());
            leb::push_unsigned(&mut out, segment.alignment as u64);
            // wasm-ld keeps no flag of a segment here; names tell thread-local segments.
            leb::push_unsigned(&mut out, 0);
        }
    }
    out
}

fn init_functions(products: Products, symbols: &SymbolTable) -> Vec<u8> {
    let inits = &products.layout.init_symbols;
    let mut out = Vec::new();
    if !inits.is_empty() {
        leb::push_unsigned(&mut out, inits.len() as u64);
        for &(priority, file, symbol) in inits {
            leb::push_unsigned(&mut out, priority as u64);
            let index = match products.resolution.target(file, symbol) {
                Some(target) => symbols.global(target),
                None => symbols.local(file, symbol),
            };
            leb::push_unsigned(&mut out, index as u64);
        }
    }
    out
}

/// The groups that are still to be chosen from, by name.
fn comdats(products: Products) -> Vec<u8> {
    let Products { resolution, layout, .. } = products;
    let mut groups: BTreeMap<&str, Vec<(u8, u32)>> = BTreeMap::new();
    for (i, &function) in layout.functions.iter().enumerate() {
        if let Some((file, local)) = resolution.functions.locate(function)
            && let Some(name) = comdat_name(products, file, |object| object.function_comdats.get(local as usize))
        {
            groups.entry(name).or_default().push((COMDAT_FUNCTION, layout.imported_functions + i as u32));
        }
    }
    for (i, segment) in layout.segments.iter().enumerate() {
        if let Some(&(Chunk::Input(index), _)) = segment.chunks.first()
            && let Some((file, local)) = resolution.segments.locate(index)
            && let Some(name) = comdat_name(products, file, |object| object.segment_comdats.get(local as usize))
        {
            groups.entry(name).or_default().push((COMDAT_DATA, i as u32));
        }
    }
    let mut out = Vec::new();
    if !groups.is_empty() {
        leb::push_unsigned(&mut out, groups.len() as u64);
        for (name, entries) in groups {
            leb::push_name(&mut out, name.as_bytes());
            out.push(0);
            leb::push_unsigned(&mut out, entries.len() as u64);
            for (kind, index) in entries {
                out.push(kind);
                leb::push_unsigned(&mut out, index as u64);
            }
        }
    }
    out
}

fn comdat_name<'i>(
    products: Products<'_, 'i>,
    file: FileIdx,
    comdat: impl for<'o> FnOnce(&'o crate::object::Object<'i>) -> Option<&'o u32>,
) -> Option<&'i str> {
    let object = &products.resolution.files[file].object;
    let comdat = *comdat(object)?;
    object.comdats.get(comdat as usize).map(|comdat| object.text(comdat.name))
}
