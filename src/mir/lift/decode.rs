//! The bytes of a function body and its relocations -> MIR.
//!
//! Operators are decoded by the shape of their tag. What a tag cannot say so that lowering gives the same bytes again (an
//! operator without a tag, a number that is not as short as possible, a relocation that the tag does not have) is kept as
//! bytes, relocations and all.

use super::super::code::{CodeBuffer, Word};
use super::super::tag::{
    self, IN_EXTRA, INLINE_ALIGN_SHIFT, INLINE_OFFSET_END, NO_SYMBOL, SHAPES, SYMBOLIC, Shape, Suffix, TYPE_BLOCK,
};
use crate::leb;
use crate::object::relocations::{Relocation, RelocationKind};
use wasmparser::{BinaryReader, FunctionBody, OperatorsReader};

/// Shapes of those tags that are opcodes.
const OPCODES: [Shape; 256] = {
    let mut shapes = SHAPES;
    let mut tag = 0;
    while tag < 256 {
        let of_mir = matches!(tag as u8, tag::UAV_REF..=tag::NAME_TABLE_REF | tag::NAMES_LEN..=tag::RAW_FIELDS);
        if of_mir {
            shapes[tag] = Shape::Unknown;
        }
        tag += 1;
    }
    shapes
};

/// Relocation types of symbolic constants, and the tags that stand for them: without and with addend.
const CONSTANTS_32: [(RelocationKind, u8, u8); 5] = [
    (RelocationKind::MEMORY_ADDR_SLEB, tag::NAV_REF, tag::NAV_REF_OFF),
    (RelocationKind::MEMORY_ADDR_TLS_SLEB, tag::TLS_REF, tag::TLS_REF_OFF),
    (RelocationKind::MEMORY_ADDR_REL_SLEB, tag::RELATIVE_REF, tag::RELATIVE_REF_OFF),
    (RelocationKind::TABLE_INDEX_SLEB, tag::FUNC_REF, tag::FUNC_REF),
    (RelocationKind::TABLE_INDEX_REL_SLEB, tag::FUNC_RELATIVE_REF, tag::FUNC_RELATIVE_REF),
];

/// The same where addresses have 64 bits.
const CONSTANTS_64: [(RelocationKind, u8, u8); 5] = [
    (RelocationKind::MEMORY_ADDR_SLEB64, tag::NAV_REF, tag::NAV_REF_OFF),
    (RelocationKind::MEMORY_ADDR_TLS_SLEB64, tag::TLS_REF, tag::TLS_REF_OFF),
    (RelocationKind::MEMORY_ADDR_REL_SLEB64, tag::RELATIVE_REF, tag::RELATIVE_REF_OFF),
    (RelocationKind::TABLE_INDEX_SLEB64, tag::FUNC_REF, tag::FUNC_REF),
    (RelocationKind::TABLE_INDEX_REL_SLEB64, tag::FUNC_RELATIVE_REF, tag::FUNC_RELATIVE_REF),
];

/// What is wrong with a body: bytes from its start, and what.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub at: usize,
    pub message: String,
}

impl Problem {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

/// Appends the function whose body, behind its size field, is `bytes`. The offsets of `relocations`, which are in order,
/// count from there.
///
/// # Errors
/// [`Problem`] if something in it is no operator, or it does not end with `end`. Then part of it may be in `buffer`.
pub(super) fn decode(
    bytes: &[u8],
    relocations: &[Relocation],
    is_64: bool,
    buffer: &mut CodeBuffer,
) -> Result<(), Problem> {
    let locals = locals_size(bytes)?;
    if let Some(relocation) = relocations.first().filter(|relocation| (relocation.offset as usize) < locals) {
        return Err(Problem::new(relocation.offset as usize, "expected no relocation among the locals of a function"));
    }
    buffer.starts.push(buffer.end());
    buffer.frames.push(None);
    buffer.locals.extend_from_slice(&bytes[..locals]);
    let extra_base = buffer.extra.len();
    let mut decoder = Decoder { bytes, at: locals, relocations, next: 0, is_64, buffer, extra_base, raw: None };
    while decoder.at < bytes.len() {
        decoder.step()?;
    }
    let at = decoder.at;
    decoder.flush(at, relocations.len())?;
    match decoder.buffer.tags.last() {
        Some(&tag::END) if bytes.len() > locals => Ok(()),
        _ => Err(Problem::new(at, "expected `end` as the last instruction of a function")),
    }
}

/// Bytes that the locals take.
fn locals_size(bytes: &[u8]) -> Result<usize, Problem> {
    let read = || -> wasmparser::Result<u64> {
        let mut locals = FunctionBody::new(BinaryReader::new(bytes, 0)).get_locals_reader()?;
        for _ in 0..locals.get_count() {
            locals.read()?;
        }
        Ok(locals.original_position())
    };
    read().map(|size| size as usize).map_err(|error| Problem::new(error.offset() as usize, error.message()))
}

struct Decoder<'b> {
    bytes: &'b [u8],
    /// Everything in front has been read.
    at: usize,
    relocations: &'b [Relocation],
    /// The first relocation that has not been taken.
    next: usize,
    is_64: bool,
    buffer: &'b mut CodeBuffer,
    extra_base: usize,
    /// Where operators that are kept as bytes begin, and their first relocation, if the last ones are.
    raw: Option<(usize, usize)>,
}

impl Decoder<'_> {
    /// Reads one operator.
    fn step(&mut self) -> Result<(), Problem> {
        let (start, first) = (self.at, self.next);
        let extra = self.buffer.extra.len();
        if let Some((tag, data)) = self.operator() {
            if self.raw.is_some() {
                self.flush(start, first)?;
            }
            self.push(tag, data);
            return Ok(());
        }
        self.buffer.extra.truncate(extra);
        (self.at, self.next) = (start, first);
        let mut reader = OperatorsReader::new(BinaryReader::new(&self.bytes[start..], 0));
        reader.read().map_err(|error| Problem::new(start + error.offset() as usize, error.message()))?;
        self.at = start + reader.original_position() as usize;
        while let Some(relocation) = self.relocations.get(self.next)
            && (relocation.offset as usize) < self.at
        {
            // The field's width is what counts, also if the number that stands in it ends sooner.
            self.at = self.at.max(relocation.offset as usize + relocation.kind.field().width());
            self.next += 1;
        }
        self.raw.get_or_insert((start, first));
        Ok(())
    }

    /// Reads an operator that has a tag; `None` if it must be kept as bytes. Then any of it may have been read.
    #[inline]
    fn operator(&mut self) -> Option<(u8, u32)> {
        let tag = self.byte()?;
        let (tag, data) = match OPCODES[tag as usize] {
            Shape::Plain => (tag, 0),
            Shape::Number => (tag, self.number()?),
            Shape::Memory => (tag, self.access_word()?),
            Shape::I32 | Shape::I64 => self.constant(tag)?,
            Shape::Function => (tag, self.field(RelocationKind::FUNCTION_INDEX_LEB)?.0),
            Shape::Global => (tag, self.field(RelocationKind::GLOBAL_INDEX_LEB)?.0),
            Shape::Block => (tag, self.block_type()?),
            shape => (tag, self.uncommon(shape)?),
        };
        // A relocation inside that was not taken has no place in the tag.
        let is_left = self.relocations.get(self.next).is_some_and(|next| (next.offset as usize) < self.at);
        (!is_left).then_some((tag, data))
    }

    /// The operands of operators that are rare enough for a call.
    fn uncommon(&mut self, shape: Shape) -> Option<u32> {
        match shape {
            Shape::Tag => return Some(self.field(RelocationKind::TAG_INDEX_LEB)?.0),
            Shape::Table => return Some(self.field(RelocationKind::TABLE_NUMBER_LEB)?.0),
            Shape::TypeIndex => return Some(self.field(RelocationKind::TYPE_INDEX_LEB)?.0),
            Shape::F32 => return Some(u32::from_le_bytes(*self.take(4)?.first_chunk::<4>()?)),
            Shape::OneType => return if self.byte()? == 1 { self.one_byte_type() } else { None },
            Shape::HeapType => return self.one_byte_type(),
            _ => {}
        }
        let here = self.extra_here();
        match shape {
            Shape::F64 => {
                let bits = *self.take(8)?.first_chunk::<8>()?;
                self.extra_pair(u64::from_le_bytes(bits));
            }
            Shape::Indirect => {
                let ty = self.field(RelocationKind::TYPE_INDEX_LEB)?.0;
                let table = match self.field(RelocationKind::TABLE_NUMBER_LEB) {
                    Some((table, _)) => table,
                    None if self.byte()? == 0 => NO_SYMBOL,
                    None => return None,
                };
                self.extra(&[ty, table]);
            }
            Shape::Labels => {
                let others = self.number()?;
                self.extra(&[others.checked_add(1)?]);
                for _ in 0..=others {
                    let label = self.number()?;
                    self.extra(&[label]);
                }
            }
            Shape::TryTable => self.try_table()?,
            Shape::Misc => self.misc()?,
            Shape::Simd => self.prefixed(tag::simd_suffix)?,
            Shape::Atomic => self.prefixed(tag::atomic_suffix)?,
            _ => return None,
        }
        Some(here)
    }

    /// A constant, symbolic or not.
    fn constant(&mut self, tag: u8) -> Option<(u8, u32)> {
        let next = self.relocations.get(self.next).filter(|next| next.offset as usize == self.at);
        if let Some(&Relocation { kind, index, addend, .. }) = next {
            let (constants, pointer) =
                if self.is_64 { (&CONSTANTS_64, tag::I64_CONST) } else { (&CONSTANTS_32, tag::I32_CONST) };
            let &(_, plain, offset) = constants.iter().find(|row| row.0 == kind && tag == pointer)?;
            self.field(kind)?;
            if addend == 0 {
                return Some((plain, index));
            }
            let here = self.extra_here();
            self.extra(&[index]);
            self.extra_pair(addend as u64);
            return Some((offset, here));
        }
        let start = self.at;
        let value = match self.bytes.get(start) {
            // Most constants have one byte: seven bits, of which the last is the sign.
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                (byte as i64) << 57 >> 57
            }
            _ => {
                let value = leb::read_i64(self.bytes, &mut self.at).ok()?;
                (self.at - start == leb::signed_size(value)).then_some(value)?
            }
        };
        if tag == tag::I32_CONST {
            return Some((tag, i32::try_from(value).ok()? as u32));
        }
        let here = self.extra_here();
        self.extra_pair(value as u64);
        Some((tag, here))
    }

    /// An access to memory as the word of a load or store.
    fn access_word(&mut self) -> Option<u32> {
        let here = self.extra_here();
        let alignment = self.number().filter(|&alignment| alignment < 32)?;
        let is_plain = self.relocations.get(self.next).is_none_or(|next| next.offset as usize != self.at);
        if is_plain {
            let offset = self.wide_number()?;
            if offset < INLINE_OFFSET_END {
                return Some(alignment << INLINE_ALIGN_SHIFT | offset as u32);
            }
            self.extra(&[alignment]);
            self.extra_pair(offset);
        } else {
            self.symbolic_access(alignment)?;
        }
        (here < IN_EXTRA).then_some(IN_EXTRA | here)
    }

    /// An access to memory as extra words.
    fn access(&mut self) -> Option<()> {
        let alignment = self.number().filter(|&alignment| alignment < 32)?;
        if self.relocations.get(self.next).is_some_and(|next| next.offset as usize == self.at) {
            return self.symbolic_access(alignment);
        }
        let offset = self.wide_number()?;
        self.extra(&[alignment]);
        self.extra_pair(offset);
        Some(())
    }

    fn symbolic_access(&mut self, alignment: u32) -> Option<()> {
        let kind = match self.is_64 {
            true => RelocationKind::MEMORY_ADDR_LEB64,
            false => RelocationKind::MEMORY_ADDR_LEB,
        };
        let (symbol, addend) = self.field(kind)?;
        self.extra(&[alignment | SYMBOLIC, symbol]);
        self.extra_pair(addend as u64);
        Some(())
    }

    fn block_type(&mut self) -> Option<u32> {
        match self.field(RelocationKind::TYPE_INDEX_LEB) {
            Some((ty, _)) => (ty < TYPE_BLOCK).then_some(TYPE_BLOCK | ty),
            None => self.one_byte_type(),
        }
    }

    /// A value type, heap type or empty block type of one byte. Those of 0x62 to 0x65 have more.
    fn one_byte_type(&mut self) -> Option<u32> {
        self.byte().filter(|byte| matches!(byte, 0x40..=0x61 | 0x66..=0x7f)).map(u32::from)
    }

    fn try_table(&mut self) -> Option<()> {
        let ty = self.block_type()?;
        let count = self.number()?;
        self.extra(&[ty, count]);
        for _ in 0..count {
            let kind = self.byte()?;
            let symbol = match kind {
                0 | 1 => self.field(RelocationKind::TAG_INDEX_LEB)?.0,
                2 | 3 => NO_SYMBOL,
                _ => return None,
            };
            let label = self.number()?;
            self.extra(&[kind as u32, symbol, label]);
        }
        Some(())
    }

    fn misc(&mut self) -> Option<()> {
        let opcode = self.number()?;
        let (numbers, tables) = tag::misc_suffix(opcode)?;
        self.extra(&[opcode]);
        for _ in 0..numbers {
            let number = self.number()?;
            self.extra(&[number]);
        }
        for _ in 0..tables {
            let (table, _) = self.field(RelocationKind::TABLE_NUMBER_LEB)?;
            self.extra(&[table]);
        }
        Some(())
    }

    fn prefixed(&mut self, suffix: fn(u32) -> Option<Suffix>) -> Option<()> {
        let opcode = self.number()?;
        let suffix = suffix(opcode)?;
        self.extra(&[opcode]);
        if matches!(suffix, Suffix::Memory | Suffix::MemoryLane) {
            self.access()?;
        }
        match suffix {
            Suffix::Nothing | Suffix::Memory => {}
            Suffix::Lane | Suffix::MemoryLane => {
                let lane = self.byte()?;
                self.extra(&[lane as u32]);
            }
            Suffix::Bytes16 => {
                let start = self.at;
                self.take(16)?;
                self.extra_bytes(start..start + 16);
            }
            Suffix::Zero => return (self.byte()? == 0).then_some(()),
        }
        Some(())
    }

    /// Ends the operators that are kept as bytes, if there are any: at `end`, where relocation number `last` is next.
    fn flush(&mut self, end: usize, last: usize) -> Result<(), Problem> {
        let Some((start, first)) = self.raw.take() else { return Ok(()) };
        let here = self.extra_here();
        let relocations = &self.relocations[first..last];
        if relocations.is_empty() {
            self.extra(&[(end - start) as u32]);
            self.extra_bytes(start..end);
            self.push(tag::RAW, here);
            return Ok(());
        }
        let widths: usize = relocations.iter().map(|relocation| relocation.kind.field().width()).sum();
        let Some(size) = (end - start).checked_sub(widths) else {
            return Err(Problem::new(start, "expected fields inside an instruction"));
        };
        self.extra(&[size as u32, relocations.len() as u32]);
        let (mut bytes, mut done) = (Vec::with_capacity(size), start);
        for relocation in relocations {
            let Relocation { kind, offset, index, addend } = *relocation;
            if !kind.field().is_leb() {
                let message = format!("expected a relocation type for code, found {kind:?}");
                return Err(Problem::new(offset as usize, message));
            }
            bytes.extend_from_slice(&self.bytes[done..offset as usize]);
            done = offset as usize + kind.field().width();
            self.extra(&[bytes.len() as u32, kind.code() as u32, index]);
            self.extra_pair(addend as u64);
        }
        bytes.extend_from_slice(&self.bytes[done..end]);
        push_bytes(&mut self.buffer.extra, &bytes);
        self.push(tag::RAW_FIELDS, here);
        Ok(())
    }

    /// Takes the relocation of type `kind` here; returns its index and addend, and moves behind its field.
    #[inline]
    fn field(&mut self, kind: RelocationKind) -> Option<(u32, i64)> {
        let next = self.relocations.get(self.next)?;
        if next.offset as usize != self.at || next.kind != kind {
            return None;
        }
        self.next += 1;
        self.at += kind.field().width();
        Some((next.index, next.addend))
    }
    #[inline]
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }
    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let bytes = self.bytes.get(self.at..self.at + count)?;
        self.at += count;
        Some(bytes)
    }
    /// An unsigned number of 32 bits in its shortest form.
    #[inline]
    fn number(&mut self) -> Option<u32> {
        u32::try_from(self.wide_number()?).ok()
    }
    /// An unsigned number of 64 bits in its shortest form.
    #[inline]
    fn wide_number(&mut self) -> Option<u64> {
        let start = self.at;
        if let Some(&byte) = self.bytes.get(start)
            && byte < 0x80
        {
            self.at += 1;
            return Some(byte as u64);
        }
        let value = leb::read_u64(self.bytes, &mut self.at).ok()?;
        (self.at - start == leb::unsigned_size(value)).then_some(value)
    }
    #[inline]
    fn push(&mut self, tag: u8, data: u32) {
        self.buffer.tags.push(tag);
        self.buffer.data.push(data.to_le_bytes());
    }
    fn extra_here(&self) -> u32 {
        (self.buffer.extra.len() - self.extra_base) as u32
    }
    fn extra(&mut self, words: &[u32]) {
        self.buffer.extra.extend(words.iter().map(|word| word.to_le_bytes()));
    }
    fn extra_pair(&mut self, value: u64) {
        self.extra(&[value as u32, (value >> 32) as u32]);
    }
    fn extra_bytes(&mut self, range: std::ops::Range<usize>) {
        push_bytes(&mut self.buffer.extra, &self.bytes[range]);
    }
}

/// Appends bytes, four to a word.
fn push_bytes(extra: &mut Vec<Word>, bytes: &[u8]) {
    extra.extend(bytes.chunks(4).map(|chunk| {
        let mut word = Word::default();
        word[..chunk.len()].copy_from_slice(chunk);
        word
    }));
}
