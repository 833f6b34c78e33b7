//! Readers of the sections that make the index spaces: types, imports, functions, tables, memories, tags, globals,
//! exports. Spec: WebAssembly core, "Binary Format", "Modules".

use super::reader::Reader;
use super::*;
use crate::diagnostic::{Diagnostic, Kind};
use wasmparser::{BinaryReader, ExternalKind, RefType, SectionLimited, TypeRef, ValType};

/// The smallest encoding of an import: two empty names, a kind, a type.
const IMPORT_SIZE_MIN: usize = 4;
/// The smallest encoding of an export: an empty name, a kind, an index.
const EXPORT_SIZE_MIN: usize = 3;
/// The smallest encoding of a function type: form, two counts.
const TYPE_SIZE_MIN: usize = 3;
/// The smallest encoding of a data segment: flags, size.
const SEGMENT_SIZE_MIN: usize = 2;
/// The form byte of a function type.
const FORM_FUNCTION: u8 = 0x60;
/// The kind byte of an imported function.
const EXTERNAL_FUNCTION: u8 = 0;

impl<'i> Object<'i> {
    pub(super) fn read_types(&mut self, mut reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        let count = reader.count("a number of types", TYPE_SIZE_MIN)?;
        let mut types = Vec::with_capacity(count as usize);
        for _ in 0..count {
            if reader.byte("the form of a type")? != FORM_FUNCTION {
                return Err(unmodeled(&reader));
            }
            let start = reader.position();
            value_types(&mut reader, "a number of parameters")?;
            value_types(&mut reader, "a number of results")?;
            types.push(Signature(&reader.bytes()[start..reader.position()]));
        }
        self.types = types.into();
        reader.finish("the types")
    }

    pub(super) fn read_imports(&mut self, mut reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        let count = reader.count("a number of imports", IMPORT_SIZE_MIN)?;
        // Nearly all are functions.
        self.function_imports.reserve_exact(count as usize);
        let mut module: &[u8] = &[];
        for _ in 0..count {
            let names = ImportNames(reader.place());
            // And nearly all are of the same module.
            if !reader.skip_string(module) {
                module = reader.name("the module of an import")?;
            }
            reader.name("the field of an import")?;
            let start = reader.position();
            if reader.skip_byte(EXTERNAL_FUNCTION) {
                let index = reader.u32("a type index")?;
                if index as usize >= self.types.len() {
                    reader.seek(start);
                }
                let ty = self.check_type(&reader, index)?;
                self.function_imports.push(TypedImport { names, ty });
                continue;
            }
            let mut parser = reader.parser();
            let import: TypeRef = reader.lift(parser.read())?;
            self.add_import(&reader, names, import)?;
            reader.resume(&parser);
        }
        reader.finish("the imports")
    }

    fn add_import(&mut self, reader: &Reader<'i, '_>, names: ImportNames, import: TypeRef) -> Result<(), Diagnostic> {
        match import {
            TypeRef::Func(index) => {
                let ty = self.check_type(reader, index)?;
                self.function_imports.push(TypedImport { names, ty });
            }
            TypeRef::Table(ty) => {
                let ty = table_type(reader, ty)?;
                self.table_imports.push(TableImport { names, ty });
            }
            TypeRef::Memory(ty) => self.add_memory(ty),
            TypeRef::Global(ty) => {
                let ty = global_type(reader, ty)?;
                self.global_imports.push(GlobalImport { names, ty });
            }
            TypeRef::Tag(tag) => {
                let ty = self.check_type(reader, tag.func_type_idx)?;
                self.tag_imports.push(TypedImport { names, ty });
            }
            TypeRef::FuncExact(_) => return Err(unmodeled(reader)),
        }
        Ok(())
    }

    pub(super) fn read_functions(&mut self, mut reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        let count = reader.count("a number of functions", 1)?;
        let mut functions = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let start = reader.clone();
            let index = reader.u32("a type index")?;
            functions.push(self.check_type(&start, index)?);
        }
        self.functions = functions.into();
        reader.finish("the functions")
    }

    pub(super) fn read_tables(&mut self, reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        for table in reader.lift(SectionLimited::<wasmparser::Table>::new(reader.parser()))? {
            let table = reader.lift(table)?;
            self.tables.push(table_type(&reader, table.ty)?);
        }
        Ok(())
    }

    pub(super) fn read_memories(&mut self, reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        for memory in reader.lift(SectionLimited::new(reader.parser()))? {
            self.add_memory(reader.lift(memory)?);
        }
        Ok(())
    }

    fn add_memory(&mut self, memory: wasmparser::MemoryType) {
        self.memory_count += 1;
        self.is_64 |= memory.memory64;
    }

    pub(super) fn read_tags(&mut self, reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        for tag in reader.lift(SectionLimited::<wasmparser::TagType>::new(reader.parser()))? {
            let ty = self.check_type(&reader, reader.lift(tag)?.func_type_idx)?;
            self.tags.push(ty);
        }
        Ok(())
    }

    pub(super) fn read_globals(&mut self, reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        for global in reader.lift(SectionLimited::<wasmparser::Global>::new(reader.parser()))? {
            let global = reader.lift(global)?;
            let ty = global_type(&reader, global.ty)?;
            let init = InitExpr(reader.bytes_of(&global.init_expr.get_binary_reader()));
            self.globals.push(Global { ty, init });
        }
        Ok(())
    }

    pub(super) fn read_exports(&mut self, mut reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        let count = reader.count("a number of exports", EXPORT_SIZE_MIN)?;
        let mut exports = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let name = reader.place();
            reader.name("the name of an export")?;
            let mut parser = reader.parser();
            let kind: ExternalKind = reader.lift(parser.read())?;
            let index = reader.lift(parser.read_var_u32())?;
            let (kind, limit, message) = match kind {
                ExternalKind::Func | ExternalKind::FuncExact => (0, self.function_count(), "invalid function export"),
                ExternalKind::Table => (1, self.table_count(), "invalid table export"),
                ExternalKind::Memory => (2, self.memory_count as usize, "invalid memory export"),
                ExternalKind::Global => (3, self.global_count(), "invalid global export"),
                ExternalKind::Tag => (4, self.tag_count(), "invalid tag export"),
            };
            if index as usize >= limit {
                return Err(reader.error(message));
            }
            reader.resume(&parser);
            exports.push(Export { name, kind, index });
        }
        self.exports = exports.into();
        reader.finish("the exports")
    }

    pub(super) fn read_segment_count(&mut self, mut reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        self.segment_count = reader.count("a number of data segments", SEGMENT_SIZE_MIN)?;
        Ok(())
    }

    fn check_type(&self, reader: &Reader<'i, '_>, index: u32) -> Result<u32, Diagnostic> {
        if (index as usize) < self.types.len() {
            return Ok(index);
        }
        Err(reader.error(format!("expected one of {} types, found type {index}", self.types.len())))
    }
}

/// LLD's error for types that it cannot represent either.
#[cold]
fn unmodeled(reader: &Reader<'_, '_>) -> Diagnostic {
    Diagnostic { kind: Kind::Unsupported, ..reader.error("file has unmodeled reference or GC types") }
}

/// Skips over a count and that many value types.
fn value_types(reader: &mut Reader<'_, '_>, what: &str) -> Result<(), Diagnostic> {
    let start = reader.position();
    let count = reader.count(what, 1)?;
    if reader.position() - start != crate::leb::unsigned_size(count as u64) {
        return Err(reader.error_at(start, format!("expected {what} in its shortest form")));
    }
    for &ty in reader.take(count as usize, "value types")? {
        if !matches!(ty, 0x7b..=0x7f | 0x70 | 0x6f | 0x69) {
            return Err(unmodeled(reader));
        }
    }
    Ok(())
}

fn table_type(reader: &Reader<'_, '_>, ty: wasmparser::TableType) -> Result<TableType, Diagnostic> {
    let element = ref_type(ty.element_type).ok_or_else(|| unmodeled(reader))?;
    let flags = u8::from(ty.maximum.is_some()) | u8::from(ty.shared) << 1 | u8::from(ty.table64) << 2;
    Ok(TableType { element, flags, minimum: ty.initial, maximum: ty.maximum.unwrap_or(0) })
}

fn global_type(reader: &Reader<'_, '_>, ty: wasmparser::GlobalType) -> Result<GlobalType, Diagnostic> {
    let value_type = match ty.content_type {
        ValType::I32 => 0x7f,
        ValType::I64 => 0x7e,
        ValType::F32 => 0x7d,
        ValType::F64 => 0x7c,
        ValType::V128 => 0x7b,
        ValType::Ref(ty) => ref_type(ty).ok_or_else(|| unmodeled(reader))?,
    };
    if ty.shared {
        return Err(unmodeled(reader));
    }
    Ok(GlobalType { value_type, mutable: ty.mutable })
}

fn ref_type(ty: RefType) -> Option<u8> {
    match ty {
        RefType::FUNCREF => Some(0x70),
        RefType::EXTERNREF => Some(0x6f),
        RefType::EXNREF => Some(0x69),
        _ => None,
    }
}

/// Moves `parser` behind an initialiser, up to and including its `end`.
pub(super) fn skip_const_expr(parser: &mut BinaryReader<'_>) -> wasmparser::Result<()> {
    parser.read::<wasmparser::ConstExpr>().map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[track_caller]
    fn check(label: &str, payload: &[u8], message: &str) {
        assert_eq!(Sample::whole().with(label, payload).error(), message);
    }

    #[test]
    fn types() {
        check("TYPE", &[9, 0x60, 0, 0], "expected a number of types, found 9, more than the section can hold");
        check("TYPE", &[1, 0x5f, 0, 0], "file has unmodeled reference or GC types");
        check("TYPE", &[1, 0x60, 1, 0x64, 0], "file has unmodeled reference or GC types");
        check("TYPE", &[1, 0x60, 0x80, 0, 0], "expected a number of parameters in its shortest form");
        check("TYPE", &[1, 0x60, 0, 0, 7], "expected the end of the types, found 1 more bytes");
        check(
            "TYPE",
            &[1, 0x60, 3, 0x7f, 0],
            "expected a number of parameters, found 3, more than the section can hold",
        );
    }

    #[test]
    fn imports_and_functions() {
        check("IMPORT", &[1, 0, 0, 0, 2], "expected one of 2 types, found type 2");
        check("IMPORT", &[1, 0, 0, 4, 0, 9], "expected one of 2 types, found type 9");
        check("IMPORT", &[1, 0, 0, 1, 0x6e, 0, 0], "file has unmodeled reference or GC types");
        check("IMPORT", &[1, 0, 0, 3, 0x6e, 0], "file has unmodeled reference or GC types");
        check("IMPORT", &[1, 0, 0, 3, 0x7f, 3], "file has unmodeled reference or GC types");
        check("FUNCTION", &[2, 0, 2], "expected one of 2 types, found type 2");
        assert_eq!(Sample::whole().with("FUNCTION", [2, 0, 2]).error_place(), ("FUNCTION".into(), 2));
    }

    #[test]
    fn tables_memories_tags_and_globals() {
        check("TABLE", &[1, 0x70, 9, 0], "invalid table resizable limits flags");
        check("TAG", &[1, 0, 2], "expected one of 2 types, found type 2");
        check("TAG", &[1, 1, 0], "invalid tag attributes");
        assert_eq!(Sample::whole().with("GLOBAL", [1, 0x7f, 0, 0x41, 7]).error_place().0, "GLOBAL");
        let mut sample = Sample::whole();
        sample.sections.insert(4, (header::id::MEMORY, "", vec![1, 0x10, 0]));
        assert_eq!(sample.error(), "invalid memory limits flags");
    }

    #[test]
    fn one_64_bit_memory_makes_a_64_bit_object() {
        let sample = Sample { sections: vec![(header::id::MEMORY, "", vec![1, 4, 0])] };
        assert!(Object::parse("a.o", &sample.bytes()).unwrap().is_64);
    }

    #[test]
    fn exports() {
        for (kind, message) in [
            (0, "invalid function export"),
            (1, "invalid table export"),
            (2, "invalid memory export"),
            (3, "invalid global export"),
            (4, "invalid tag export"),
        ] {
            check("EXPORT", &[1, 1, b'x', kind, 4], message);
        }
    }
}
