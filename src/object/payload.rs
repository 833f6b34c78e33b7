//! The reader of code, data, custom sections and relocation sections.

use super::header::id;
use super::reader::Reader;
use super::relocation_check::{self, Targets};
use super::*;
use crate::diagnostic::Diagnostic;
use crate::mir;
use wasmparser::ElementSectionReader;

/// Segment flag bits. Spec: WebAssembly core, "Data Section".
const PASSIVE: u32 = 1;
const EXPLICIT_MEMORY: u32 = 2;
/// Operators of the usual initialisers.
const I32_CONST: u8 = 0x41;
const I64_CONST: u8 = 0x42;
const GLOBAL_GET: u8 = 0x23;
const END: u8 = 0x0b;
/// The subsection of `name` with function names.
const FUNCTION_NAMES: u8 = 1;

impl<'i> Contents<'i> {
    /// Reads everything but relocations.
    pub(super) fn read_sections(&mut self, object: &Object<'i>) -> Result<(), Diagnostic> {
        let mut data_count = None;
        for (index, section) in object.sections.iter().enumerate() {
            let mut reader = section.reader(object.name);
            match section.id {
                id::CUSTOM => self.read_custom(object, index as u32, &section)?,
                id::ELEMENT => check_elements(reader)?,
                id::DATA_COUNT => data_count = Some(reader.u32("a number of data segments")?),
                id::CODE => self.read_code(reader, object.functions.len())?,
                id::DATA => self.read_data(reader)?,
                _ => {}
            }
        }
        if self.bodies.len() != object.functions.len() {
            return Err(error_in(object, "FUNCTION", "invalid function count"));
        }
        if data_count.is_some_and(|count| count as usize != self.segments.len()) {
            let message = "number of data segments does not match DataCount section";
            return Err(error_in(object, "DATACOUNT", message));
        }
        self.check_data_symbols(object)
    }

    fn read_code(&mut self, mut reader: Reader<'i, '_>, functions: usize) -> Result<(), Diagnostic> {
        self.code = reader.bytes().into();
        let count = reader.count("a number of functions", 1)?;
        if count as usize != functions {
            return Err(reader.error_at(0, "invalid function count"));
        }
        self.bodies = Bodies::with_capacity(reader.position() as u32, functions);
        let mut touched = 0;
        for _ in 0..count {
            let offset = reader.position();
            touched = touch_ahead(reader.bytes(), touched.max(offset), offset + AHEAD);
            let size = reader.u32("the size of a function body")? as usize;
            let size_width = reader.position() - offset;
            reader.take(size, "a function body")?;
            self.bodies.push((size_width + size) as u32, size_width as u32, 0);
        }
        reader.finish("the functions")
    }

    fn read_data(&mut self, mut reader: Reader<'i, '_>) -> Result<(), Diagnostic> {
        let count = reader.u32("a number of data segments")?;
        self.segments = Segments::in_section(reader.bytes(), (count as usize).min(reader.remaining()));
        for _ in 0..count {
            let start = reader.position();
            let flags = reader.u32("the flags of a data segment")?;
            if flags >= (PASSIVE | EXPLICIT_MEMORY) {
                return Err(reader.error_at(start, format!("expected segment flags 0, 1 or 2, found {flags}")));
            }
            if flags & EXPLICIT_MEMORY != 0 {
                reader.u32("a memory index")?;
            }
            if flags & PASSIVE == 0 {
                skip_init_expr(&mut reader)?;
            }
            let size = reader.u32("the size of a data segment")? as usize;
            let offset = reader.position();
            reader.take(size, "a data segment")?;
            self.segments.push(offset as u32, size as u32);
        }
        reader.finish("the data segments")
    }

    fn check_data_symbols(&self, object: &Object<'i>) -> Result<(), Diagnostic> {
        for symbol in &object.symbols {
            let is_placed = !symbol.flags.has(SymbolFlags::UNDEFINED | SymbolFlags::ABSOLUTE);
            if symbol.kind != SymbolKind::Data || !is_placed {
                continue;
            }
            let size = self.segments.size_of(symbol.index as usize);
            let offset = object.offset_of(symbol);
            if offset > size as u64 {
                let name = object.text(symbol.name);
                let message = format!("invalid data symbol offset: `{name}` (offset: {offset} segment size: {size})");
                return Err(error_in(object, "linking", &message));
            }
        }
        Ok(())
    }

    fn read_custom(&mut self, object: &Object<'i>, index: u32, section: &Section<'i>) -> Result<(), Diagnostic> {
        let reader = section.reader(object.name);
        match section.name {
            "linking" | "dylink.0" | "dylink" | mir::file::SECTION | mir::fields::SECTION => Ok(()),
            "target_features" => Features::parse(reader).map(|features| self.features = features),
            "producers" => Producers::parse(reader).map(|producers| self.producers = producers),
            "name" => self.read_names(reader, object.function_count()),
            name if name.starts_with("reloc.") => Ok(()),
            name => {
                let relocations = Relocations::default();
                self.customs.push(CustomSection { name, section: index, data: section.bytes, relocations });
                Ok(())
            }
        }
    }

    fn read_names(&mut self, mut reader: Reader<'i, '_>, functions: usize) -> Result<(), Diagnostic> {
        while reader.remaining() > 0 {
            let kind = reader.byte("the kind of a subsection")?;
            let size = reader.u32("the size of a subsection")? as usize;
            let mut part = reader.part(size, "a subsection")?;
            if kind != FUNCTION_NAMES {
                continue;
            }
            for _ in 0..part.count("a number of names", 2)? {
                let start = part.position();
                let index = part.u32("a function index")?;
                if index as usize >= functions {
                    return Err(part.error_at(start, "invalid function name entry"));
                }
                self.debug_names.push((index, part.string("a function name")?));
            }
            part.finish("the function names")?;
        }
        Ok(())
    }

    /// Checks the `reloc.*` sections and hands their entries to what they relocate.
    pub(super) fn read_relocations(&mut self, object: &Object<'i>) -> Result<(), Diagnostic> {
        let mut targets = Targets::new(object);
        let mut seen = vec![false; object.sections.len()];
        let is_relocations = |section: &Section| section.id == id::CUSTOM && section.name.starts_with("reloc.");
        for section in object.sections.iter().filter(is_relocations) {
            let mut reader = section.reader(object.name);
            let index = reader.u32("the index of a section")?;
            let Some(seen) = seen.get_mut(index as usize) else {
                return Err(reader.error_at(0, "invalid section index"));
            };
            if std::mem::replace(seen, true) {
                let label = object.sections.get(index as usize).map_or("", |section| section.label());
                let message = format!("expected one relocation section for {label}, found a second");
                return Err(reader.error_at(0, message));
            }
            self.read_relocation_section(object, &mut reader, index, &mut targets)?;
        }
        self.read_mir(object, &mut targets)?;
        self.called = targets.called();
        Ok(())
    }

    fn read_relocation_section(
        &mut self,
        object: &Object<'i>,
        reader: &mut Reader<'i, '_>,
        index: u32,
        targets: &mut Targets<'_, '_>,
    ) -> Result<(), Diagnostic> {
        let Some(target) = object.sections.get(index as usize) else {
            return Err(reader.error_at(0, "invalid section index"));
        };
        match target.id {
            id::CODE => self.code_relocations = relocation_check::check(reader, targets, &mut self.bodies)?.into(),
            id::DATA => self.data_relocations = relocation_check::check(reader, targets, &mut self.segments)?.into(),
            id::CUSTOM => {
                // Ordered by section; not there if this crate reads the section itself.
                let Ok(custom) = self.customs.binary_search_by_key(&index, |custom| custom.section) else {
                    return Err(bad_relocation_target(reader, &target));
                };
                let custom = &mut self.customs[custom];
                let bytes = relocation_check::check(reader, targets, custom)?;
                custom.relocations = Relocations::new(bytes, 0, bytes.len() as u32);
            }
            _ => return Err(bad_relocation_target(reader, &target)),
        }
        Ok(())
    }
}

/// How far ahead of where it reads sizes the walk over bodies has the processor fetch bytes.
const AHEAD: usize = 1024;
/// What processors fetch at once.
const CACHE_LINE: usize = 64;

/// Has the processor fetch the lines of `bytes` from `start` to `end`; returns where the next one begins. The size of a body
/// says where the next one's is, so that the walk would wait for memory at each of them.
#[inline(always)]
fn touch_ahead(bytes: &[u8], mut start: usize, end: usize) -> usize {
    while start < end
        && let Some(&byte) = bytes.get(start)
    {
        std::hint::black_box(byte);
        start += CACHE_LINE;
    }
    start
}

/// The error `message` about the section `label` as a whole.
#[cold]
fn error_in(object: &Object<'_>, label: &str, message: &str) -> Diagnostic {
    let offset = object.sections.iter().find(|section| section.label() == label).map_or(0, |section| section.offset);
    Reader::new(object.name, label, &[], offset).error(message)
}

fn bad_relocation_target(reader: &Reader<'_, '_>, section: &Section<'_>) -> Diagnostic {
    let label = section.label();
    reader.error_at(0, format!("expected relocations for CODE, DATA or a custom section, found some for {label}"))
}

/// Checks the element section. The linker makes the table anew from relocations, so nothing of it is kept.
fn check_elements(reader: Reader<'_, '_>) -> Result<(), Diagnostic> {
    for element in reader.lift(ElementSectionReader::new(reader.parser()))? {
        reader.lift(element)?;
    }
    Ok(())
}

/// Skips an initialiser, including its `end`.
fn skip_init_expr(reader: &mut Reader<'_, '_>) -> Result<(), Diagnostic> {
    // An operand of at most four bytes is in range whatever it is.
    if let Some(&[I32_CONST | I64_CONST | GLOBAL_GET, ref operand @ ..]) =
        reader.bytes()[reader.position()..].first_chunk::<5>()
        && let ends = !u32::from_le_bytes(*operand) & 0x8080_8080
        && ends != 0
        && let end = reader.position() + 2 + ends.trailing_zeros() as usize / 8
        && reader.bytes().get(end) == Some(&END)
    {
        reader.seek(end + 1);
        return Ok(());
    }
    let mut parser = reader.parser();
    reader.lift(sections::skip_const_expr(&mut parser))?;
    reader.resume(&parser);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn the_contents_of_a_whole_object() {
        let bytes = Sample::whole().bytes();
        let object = Object::parse("a.o", &bytes).unwrap();
        let contents = Contents::parse(&object).unwrap();
        let bodies: Vec<_> = contents.bodies.iter().map(|body| (body.offset, body.size, body.size_width)).collect();
        assert_eq!(bodies, [(1, 9, 1), (10, 10, 1)]);
        assert_eq!(contents.body_bytes(&contents.bodies.at(0))[..3], [8, 0, 0x10]);
        let segments: Vec<_> = contents.segments.iter().map(|segment| (segment.offset, segment.data.len())).collect();
        assert_eq!(segments, [(6, 4), (12, 8)]);
        let infos: Vec<_> = (0..3).map(|index| object.info_of_segment(index)).collect();
        let infos: Vec<_> = infos.iter().map(|it| (object.text(it.name), it.alignment, it.flags)).collect();
        assert_eq!(infos, [(".rodata.a", 2, 1), (".tdata.b", 3, linking::SEGMENT_TLS), ("", 0, 0)]);
        assert_eq!((contents.customs.len(), contents.customs[0].name), (1, ".debug_x"));
        assert_eq!((contents.customs[0].section, contents.customs[0].data), (DEBUG_SECTION as u32, &[0; 8][..]));
        let features = [Feature { prefix: b'+', name: "sign-ext" }, Feature { prefix: b'-', name: "atomics" }];
        assert_eq!(contents.features.iter().collect::<Vec<_>>(), features);
        assert_eq!(contents.producers.iter().collect::<Vec<_>>(), [(0, "C11", ""), (1, "clang", "22")]);
        assert_eq!(contents.debug_names, [(2, "defined")]);
    }

    #[track_caller]
    fn check(label: &str, payload: &[u8], message: &str) {
        assert_eq!(Sample::whole().with(label, payload).error(), message);
    }

    #[test]
    fn broken_code() {
        check("CODE", &[1, 2, 0, 0x0b], "invalid function count");
        check("CODE", &[2, 2, 0, 0x0b, 2, 0], "expected a function body of 2 bytes, found only 1");
        check("CODE", &[2, 2, 0, 0x0b, 2, 0, 0x0b, 0], "expected the end of the functions, found 1 more bytes");
        let mut sample = Sample::whole();
        sample.sections.truncate(CODE_SECTION as usize);
        assert_eq!((sample.error(), sample.error_place()), ("invalid function count".into(), ("FUNCTION".into(), 0)));
    }

    #[test]
    fn broken_data() {
        check("DATA", &[2, 0, 0x41, 0, 0x0b, 0, 3, 0], "expected segment flags 0, 1 or 2, found 3");
        check("DATA", &[2, 1, 9, 0, 0], "expected a data segment of 9 bytes, found only 2");
        check("DATA", &[2, 1, 0, 1, 0, 0], "expected the end of the data segments, found 1 more bytes");
        check("DATACOUNT", &[1], "number of data segments does not match DataCount section");
        assert_eq!(Sample::whole().with("DATA", [2, 0, 0x41, 0x80, 0x80, 0x80, 0x80]).error_place().0, "DATA");
        assert_eq!(Sample::whole().with("ELEM", [1, 9, 0]).error(), "invalid flags byte in element segment");
    }

    #[test]
    fn initialisers_of_every_length_are_skipped() {
        let tail = [4, 1, 2, 3, 4, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0];
        let heads: [&[u8]; 4] =
            [&[0x41, 0x80, 8, 0x0b], &[0x42, 0, 0x0b], &[0x23, 0, 0x0b], &[0x23, 0, 0x41, 1, 0x6a, 0x0b]];
        for head in heads {
            let sample = Sample::whole().with("DATA", [&[2, 0][..], head, &tail].concat()).with("reloc.DATA", [10, 0]);
            assert_eq!(sample.error(), "no error", "{head:x?}");
        }
        let sample = Sample::whole().with("DATA", [&[2, 2, 0, 0x41, 0, 0x0b][..], &tail].concat());
        assert_eq!(sample.with("reloc.DATA", [10, 0]).error(), "no error");
    }

    #[test]
    fn broken_metadata() {
        check("target_features", &[1, b'=', 1, b'x'], "unknown feature policy prefix");
        let message = "target features section contains repeated feature \"x\"";
        check("target_features", &[2, b'+', 1, b'x', b'+', 1, b'x'], message);
        check("name", &[1, 4, 1, 4, 1, b'x'], "invalid function name entry");
        check("producers", &[1, 1, b'x', 0], "invalid producers field name: `x`");
        let field = counted(&[], "sdk", &[1, 1, b'x', 0]);
        check("producers", &list(&[&field, &field]), "producers section does not have unique fields");
        let field = counted(&[], "sdk", &[2, 1, b'x', 0, 1, b'x', 0]);
        check("producers", &list(&[&field]), "producers section contains repeated producer");
    }

    #[test]
    fn relocations_name_a_section_that_can_have_some() {
        check("reloc.CODE", &[99, 0], "invalid section index");
        check("reloc.CODE", &[0, 0], "expected relocations for CODE, DATA or a custom section, found some for TYPE");
        let linking = DEBUG_SECTION + 1;
        let message = "expected relocations for CODE, DATA or a custom section, found some for linking";
        check("reloc.CODE", &[linking, 0], message);
        check("reloc.CODE", &[DATA_SECTION, 0], "expected one relocation section for DATA, found a second");
    }
}
