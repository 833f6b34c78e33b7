//! Lifts an object, lowers it again and compares: what MIR cannot carry shows here.

use super::lift::Counts;
use super::{lift, lower_object};
use crate::diagnostic::Diagnostic;
use crate::object::header::id;
use crate::object::{Contents, Object, SymbolKind};
use wasmparser::{BinaryReader, FunctionBody};

/// What a round trip gave.
#[derive(Clone, Debug)]
pub struct RoundTrip {
    /// What was lifted.
    pub counts: Counts,
    /// Whether the whole file came back byte for byte, debug information included.
    pub is_same_file: bool,
    /// What is not as it was, in words. Section symbols, debug information and an added import of a memory do not count.
    pub differences: Vec<String>,
}

/// Lifts and lowers the relocatable object `bytes`, called `name` in messages. An object that has MIR is lowered first.
///
/// # Errors
/// A diagnostic if it cannot be lifted or lowered.
pub fn round_trip(name: &str, bytes: &[u8]) -> Result<RoundTrip, Diagnostic> {
    let first = Object::parse(name, bytes)?;
    if first.is_mir {
        return round_trip(name, &lower_object(name, bytes)?);
    }
    let lifted = lift(name, bytes)?;
    let lowered = lower_object(name, &lifted.bytes)?;
    let second = Object::parse(name, &lowered)?;
    let differences = compare(&first, &Contents::parse(&first)?, &second, &Contents::parse(&second)?);
    Ok(RoundTrip { counts: lifted.counts, is_same_file: lowered == bytes, differences })
}

fn compare(a: &Object, a_rest: &Contents, b: &Object, b_rest: &Contents) -> Vec<String> {
    let mut differences = Vec::new();
    let mut check = |what: &str, is_same: bool| {
        if !is_same {
            differences.push(what.to_owned());
        }
    };
    check("the code section", a_rest.code == b_rest.code);
    let code = |contents: &Contents| -> Vec<_> {
        contents.bodies.iter().flat_map(|body| contents.body_relocations(&body).collect::<Vec<_>>()).collect()
    };
    check("the relocations of the code section", code(a_rest) == code(b_rest));
    check("the types", a.types == b.types);
    check("the types of functions", a.functions == b.functions);
    check("the number of symbols", a.symbols.len() == b.symbols.len());
    for (index, (x, y)) in a.symbols.iter().zip(&b.symbols).enumerate() {
        let is_same = x.kind == y.kind && x.flags == y.flags;
        let name = a.text(x.name);
        let names =
            (name, x.index, a.offset_of(x), a.size_of(x)) == (b.text(y.name), y.index, b.offset_of(y), b.size_of(y));
        check(&format!("symbol {index}, {name}"), is_same && (names || x.kind == SymbolKind::Section));
    }
    check("the number of data segments", a_rest.segments.len() == b_rest.segments.len());
    for (index, (x, y)) in a_rest.segments.iter().zip(b_rest.segments.iter()).enumerate() {
        let info = |object: &Object<'_>| {
            let info = object.info_of_segment(index);
            (object.text_bytes(info.name).to_vec(), info.alignment, info.flags)
        };
        let relocations = a_rest.segment_relocations(&x).eq(b_rest.segment_relocations(&y));
        let name = a.text(a.info_of_segment(index).name);
        check(&format!("data segment {name}"), info(a) == info(b) && x.data == y.data && relocations);
    }
    let inits =
        |object: &Object| -> Vec<_> { object.init_functions.iter().map(|init| (init.priority, init.symbol)).collect() };
    check("the init functions", inits(a) == inits(b));
    check("the COMDATs of functions", a.function_comdats == b.function_comdats);
    check("the COMDATs of data segments", a.segment_comdats == b.segment_comdats);
    check("the features", a_rest.features == b_rest.features);
    let imports = |object: &Object| -> Vec<_> {
        let functions = object.function_imports.iter().map(|import| import.names);
        let names = functions.chain(object.global_imports.iter().map(|import| import.names));
        let names = names.map(|names| object.names_of(names));
        names.map(|(module, field)| (module.to_owned(), field.to_owned())).collect()
    };
    check("the imports", imports(a) == imports(b));
    differences
}

/// Whether every function body of the object `bytes`, called `name` in messages, is made of operators, and its blocks
/// are nested. Types are not looked at.
///
/// # Errors
/// A diagnostic that names the place of the first that is not.
pub fn check_structure(name: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
    let object = Object::parse(name, bytes)?;
    let contents = Contents::parse(&object)?;
    let Some(section) = object.section(id::CODE) else { return Ok(()) };
    for body in contents.bodies.iter() {
        let bytes = &contents.body_bytes(&body)[body.size_width as usize..];
        let start = (body.offset + body.size_width) as u64;
        let read = || -> wasmparser::Result<()> {
            let mut reader = FunctionBody::new(BinaryReader::new(bytes, start)).get_operators_reader()?;
            while !reader.eof() {
                reader.read()?;
            }
            reader.finish()
        };
        read().map_err(|error| Diagnostic::malformed(object.site(&section, error.offset()), error.message()))?;
    }
    Ok(())
}
