//! The part of an object that only linked objects need: code, data, custom sections, relocations.

use super::*;
use crate::diagnostic::Diagnostic;
use crate::mir::Unit;
use std::borrow::Cow;

/// A custom section, other than those that [`Object`] and [`Contents`] read themselves.
#[derive(Clone, Copy, Debug)]
pub struct CustomSection<'i> {
    /// Its name.
    pub name: &'i str,
    /// Index into `Object::sections`.
    pub section: u32,
    /// Contents, behind the name.
    pub data: &'i [u8],
    /// Its relocations; their offsets count in `data`, that is from behind the name.
    pub relocations: Relocations<'i>,
}

/// Code, data and custom sections of one linked object, with their relocations.
#[derive(Debug, Default)]
pub struct Contents<'i> {
    /// The code section's payload.
    pub code: Cow<'i, [u8]>,
    /// One entry for each defined function, in order.
    pub bodies: Bodies,
    pub(super) code_relocations: Cow<'i, [u8]>,
    /// The functions, if they are MIR: then bodies have no bytes, sizes are estimates, and the offset of a body's
    /// relocations is the number of an instruction.
    pub mir: Option<Unit<'i>>,
    /// Data segments.
    pub segments: Segments<'i>,
    pub(super) data_relocations: Cow<'i, [u8]>,
    /// Custom sections that go to the output, in file order. Without `linking`, `reloc.*`, `producers`,
    /// `target_features` and `name`.
    pub customs: Vec<CustomSection<'i>>,
    /// `target_features`.
    pub features: Features<'i>,
    /// `producers`.
    pub producers: Producers<'i>,
    /// Which symbols a R_WASM_FUNCTION_INDEX_LEB relocation of any section targets: those functions are called (or
    /// otherwise named by index), so their signatures must agree. One bit for each symbol.
    pub called: Vec<u64>,
    /// For each defined function the first symbol that names it, or `u32::MAX`.
    pub function_symbols: Vec<u32>,
    /// Function names from a `name` section, (function index, name), if the object has one.
    pub debug_names: Vec<(u32, &'i str)>,
}

impl<'i> Contents<'i> {
    /// Reads and checks the rest of `object`.
    ///
    /// # Errors
    /// A diagnostic that names the file, section and offset of what breaks the format.
    pub fn parse(object: &Object<'i>) -> Result<Self, Diagnostic> {
        let mut contents = Self::default();
        contents.read_sections(object)?;
        contents.read_relocations(object)?;
        contents.function_symbols = object.first_function_symbols();
        contents.debug_names.sort_by_key(|&(index, _)| index);
        Ok(contents)
    }
    /// The encoded body of a defined function, size field included.
    pub fn body_bytes(&self, body: &Body) -> &[u8] {
        &self.code[body.offset as usize..(body.offset + body.size) as usize]
    }
    /// The relocations of a function body; their offsets count from the start of `code`.
    #[inline]
    pub fn body_relocations(&self, body: &Body) -> Relocations<'_> {
        Relocations::new(&self.code_relocations, body.relocations, body.relocations_end)
    }
    /// The relocations of a segment; their offsets count like [`Segment::offset`].
    #[inline]
    pub fn segment_relocations(&self, segment: &Segment) -> Relocations<'_> {
        Relocations::new(&self.data_relocations, segment.relocations, segment.relocations_end)
    }
    /// The relocations at `start..end` of the bytes of those of data or of code: see [`Body`] and [`Segment`].
    #[inline]
    pub fn relocations(&self, is_data: bool, start: u32, end: u32) -> Relocations<'_> {
        Relocations::new(if is_data { &self.data_relocations } else { &self.code_relocations }, start, end)
    }
    /// Bytes of all relocations of code, and of data.
    pub fn relocation_bytes(&self) -> [usize; 2] {
        [self.code_relocations.len(), self.data_relocations.len()]
    }
    /// Whether a R_WASM_FUNCTION_INDEX_LEB relocation targets symbol `symbol`.
    pub fn is_called(&self, symbol: u32) -> bool {
        self.called.get(symbol as usize / 64).is_some_and(|word| word >> (symbol % 64) & 1 == 1)
    }
}
