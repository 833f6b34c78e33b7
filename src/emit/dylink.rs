//! What the dynamic linker is told. Spec: tool-conventions, DynamicLinking.md, "The dylink.0 Section".

use super::{Products, stitch};
use crate::leb;
use crate::object::{SymbolFlags, SymbolKind};

const MEMORY_INFO: u8 = 1;
const NEEDED: u8 = 2;
const EXPORT_INFO: u8 = 3;
const IMPORT_INFO: u8 = 4;
const RUNTIME_PATH: u8 = 5;

/// The `dylink.0` section, if the output is linked dynamically.
pub fn section(products: &Products) -> Option<Vec<u8>> {
    let Products { options, resolution, layout, .. } = *products;
    if options.relocatable || !resolution.is_dynamic(options) {
        return None;
    }
    Some(stitch::head(stitch::CUSTOM, 0, |out| {
        leb::push_name(out, b"dylink.0");
        subsection(out, MEMORY_INFO, |out| {
            leb::push_unsigned(out, layout.dynamic_memory.size);
            leb::push_unsigned(out, layout.dynamic_memory.alignment as u64);
            leb::push_unsigned(out, layout.elements.len() as u64);
            // The table has no alignment.
            leb::push_unsigned(out, 0);
        });
        let base_name = |name: &str| name.rsplit('/').next().unwrap_or_default().to_string();
        let needed: Vec<String> = resolution.shared.iter().map(|(_, library)| base_name(library.name)).collect();
        list(out, NEEDED, &needed, |out, name| leb::push_name(out, name.as_bytes()));
        symbol_infos(products, out);
        list(out, RUNTIME_PATH, &options.rpath, |out, path| leb::push_name(out, path.as_bytes()));
    }))
}

/// Exports that count from `__tls_base`, and imports that may stay missing.
fn symbol_infos(products: &Products, out: &mut Vec<u8>) {
    let Products { options, resolution, layout, live, .. } = *products;
    let (mut exports, mut imports) = (Vec::new(), Vec::new());
    for at in resolution.table_order().filter(|&at| live.symbol(resolution, at)) {
        let symbol = &resolution.symbols[at];
        let exported = || resolution.is_exported(options, at) || resolution.is_exported_weak(options, at);
        let tls = || {
            symbol.kind == SymbolKind::Data
                && symbol.is_defined()
                && layout.is_tls_entry(resolution, crate::layout::GotEntry::Global(at))
        };
        if tls() && exported() {
            exports.push((resolution.name(at), symbol.flags.0 | SymbolFlags::TLS));
        }
        if symbol.is_undefined_weak() {
            imports.push((resolution.import_names(at), symbol.flags.0));
        }
    }
    list(out, EXPORT_INFO, &exports, |out, (name, flags)| {
        leb::push_name(out, name.as_bytes());
        leb::push_unsigned(out, *flags as u64);
    });
    list(out, IMPORT_INFO, &imports, |out, ((module, field), flags)| {
        leb::push_name(out, module.as_bytes());
        leb::push_name(out, field.as_bytes());
        leb::push_unsigned(out, *flags as u64);
    });
}

fn subsection(out: &mut Vec<u8>, id: u8, write: impl FnOnce(&mut Vec<u8>)) {
    let mut content = Vec::new();
    write(&mut content);
    out.push(id);
    leb::push_unsigned(out, content.len() as u64);
    out.append(&mut content);
}

/// A subsection that is a count and `items`; none if there are none.
fn list<T>(out: &mut Vec<u8>, id: u8, items: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    if items.is_empty() {
        return;
    }
    subsection(out, id, |out| {
        leb::push_unsigned(out, items.len() as u64);
        items.iter().for_each(|item| write(out, item));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_counted_and_an_empty_one_left_out() {
        let mut out = Vec::new();
        let encode = |out: &mut Vec<u8>, name: &&str| leb::push_name(out, name.as_bytes());
        list(&mut out, NEEDED, &[], encode);
        assert!(out.is_empty());
        list(&mut out, NEEDED, &["a", "bc"], encode);
        assert_eq!(out, [NEEDED, 6, 2, 1, b'a', 2, b'b', b'c']);
    }
}
