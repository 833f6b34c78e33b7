//! MIR -> the bytes and fields of a function body, given to a [`Sink`].
//!
//! One walk serves every purpose (checking, lowering to final indices, lowering to an object), so that what is checked is
//! what is lowered.

use super::code::Cursor;
use super::tag::{
    self, IN_EXTRA, INLINE_ALIGN_SHIFT, INLINE_OFFSET_END, NO_SYMBOL, SHAPES, SYMBOLIC, Shape, Suffix, TYPE_BLOCK,
};
use super::{Code, Frame, Malformed};
use crate::object::relocations::RelocationKind;

/// What a walk produces goes here.
pub trait Sink {
    /// Whether [`Sink::short`] stands for the calls that an instruction would else make.
    const TAKES_SHORT: bool = false;
    /// One byte.
    fn byte(&mut self, byte: u8);
    /// Some bytes.
    fn bytes(&mut self, bytes: &[u8]);
    /// Those of `bytes` from `start` to `end`: a sink may read behind them what is there, as few bytes are copied faster
    /// if their number is known beforehand.
    #[inline]
    fn part(&mut self, bytes: &[u8], start: usize, end: usize) {
        self.bytes(&bytes[start..end]);
    }
    /// A number in the unsigned form.
    fn unsigned(&mut self, value: u64);
    /// A number in the signed form.
    fn signed(&mut self, value: i64);
    /// A whole instruction whose numbers take a byte each: the first `len` of `bytes`.
    #[inline]
    fn short(&mut self, bytes: [u8; 4], len: usize) {
        self.bytes(&bytes[..len]);
    }
    /// The field of a relocation of instruction number `instruction`.
    ///
    /// # Errors
    /// If `index` is no symbol (type, for a type index) that fits.
    fn field(&mut self, kind: RelocationKind, index: u32, addend: i64, instruction: usize) -> Result<(), Malformed>;
    /// The field of a block's type, R_WASM_TYPE_INDEX_LEB. Its short form is that of a signed number. Spec: WebAssembly
    /// core, "Control Instructions" (binary format).
    ///
    /// # Errors
    /// As [`Sink::field`].
    fn block_type(&mut self, ty: u32, instruction: usize) -> Result<(), Malformed> {
        self.field(RelocationKind::TYPE_INDEX_LEB, ty, 0, instruction)
    }
}

/// What symbolic operands are relocated with; it depends on the width of addresses.
pub(super) struct Kinds {
    address: RelocationKind,
    offset: RelocationKind,
    tls: RelocationKind,
    relative: RelocationKind,
    slot: RelocationKind,
    relative_slot: RelocationKind,
    /// `i32.const` or `i64.const`.
    constant: u8,
}

impl Kinds {
    /// Those for addresses of 64 bits, or 32.
    #[inline]
    pub fn new(is_64: bool) -> &'static Self {
        if is_64 { &KINDS_64 } else { &KINDS_32 }
    }
}

const KINDS_32: Kinds = Kinds {
    address: RelocationKind::MEMORY_ADDR_SLEB,
    offset: RelocationKind::MEMORY_ADDR_LEB,
    tls: RelocationKind::MEMORY_ADDR_TLS_SLEB,
    relative: RelocationKind::MEMORY_ADDR_REL_SLEB,
    slot: RelocationKind::TABLE_INDEX_SLEB,
    relative_slot: RelocationKind::TABLE_INDEX_REL_SLEB,
    constant: tag::I32_CONST,
};

const KINDS_64: Kinds = Kinds {
    address: RelocationKind::MEMORY_ADDR_SLEB64,
    offset: RelocationKind::MEMORY_ADDR_LEB64,
    tls: RelocationKind::MEMORY_ADDR_TLS_SLEB64,
    relative: RelocationKind::MEMORY_ADDR_REL_SLEB64,
    slot: RelocationKind::TABLE_INDEX_SLEB64,
    relative_slot: RelocationKind::TABLE_INDEX_REL_SLEB64,
    constant: tag::I64_CONST,
};

/// How an instruction is encoded whose numbers take a byte each: most are, and one way for all of them leaves little to
/// guess for a processor.
#[derive(Clone, Copy)]
struct Short {
    /// Added to the word before it is compared with `long`.
    bias: u32,
    /// Where the first number begins in the word; the second begins at bit 0.
    shift: u8,
    /// Bytes of the opcode and its numbers.
    len: u8,
    /// Bits of which one is set if a number takes more than a byte.
    long: u64,
}

const SHORT: [Short; 256] = {
    const BYTE: u32 = 0x7f;
    let mut forms = [Short { bias: 0, shift: 0, len: 0, long: 0 }; 256];
    let mut tag = 0;
    while tag < 256 {
        // Of a signed number, bit 6 is the sign.
        let (bias, shift, len, long) = match SHAPES[tag] {
            Shape::Plain => (0, 0, 1, 0),
            Shape::Number => (0, 0, 2, !BYTE),
            Shape::I32 => (0x40, 0, 2, !BYTE),
            Shape::Memory => (0, INLINE_ALIGN_SHIFT, 3, IN_EXTRA | (INLINE_OFFSET_END as u32 - 1) & !BYTE),
            _ => (0, 0, 0, 0),
        };
        let never = if len == 0 { NEVER_SHORT } else { 0 };
        forms[tag] = Short { bias, shift: shift as u8, len, long: long as u64 | never };
        tag += 1;
    }
    forms
};

/// Stands above every word.
const NEVER_SHORT: u64 = 1 << 32;

/// Walks a function: locals, prologue, instructions. `is_64`: addresses have 64 bits.
///
/// # Errors
/// [`Malformed`] names the first instruction whose tag is unknown or whose operands are not what the tag asks for.
pub fn walk<S: Sink>(code: &Code, is_64: bool, sink: &mut S) -> Result<(), Malformed> {
    let kinds = Kinds::new(is_64);
    sink.bytes(code.locals);
    if let Some(frame) = &code.frame {
        prologue(frame, is_64, sink)?;
    }
    for (number, (&tag, &data)) in code.tags.iter().zip(code.data).enumerate() {
        let data = u32::from_le_bytes(data);
        if S::TAKES_SHORT
            && let Some((bytes, len)) = short(tag, data)
        {
            sink.short(bytes, len);
            continue;
        }
        if SHAPES[tag as usize] == Shape::Stop {
            return Ok(());
        }
        instruction(code, tag, data, kinds, number, sink)?;
    }
    Ok(())
}

/// An instruction whose numbers take a byte each, if it is one: the first so many of these bytes.
#[inline]
fn short(tag: u8, data: u32) -> Option<([u8; 4], usize)> {
    let form = SHORT[tag as usize];
    let is_short = (data.wrapping_add(form.bias) as u64 | NEVER_SHORT) & form.long == 0;
    is_short.then(|| ([tag, (data >> form.shift) as u8 & 0x7f, data as u8 & 0x7f, 0], form.len as usize))
}

/// Walks one instruction of any form; of `code`, only the further words count.
#[inline]
pub(super) fn instruction<S: Sink>(
    code: &Code,
    tag: u8,
    data: u32,
    kinds: &Kinds,
    instruction: usize,
    sink: &mut S,
) -> Result<(), Malformed> {
    match SHAPES[tag as usize] {
        Shape::Plain => sink.byte(tag),
        Shape::Number => {
            sink.byte(tag);
            sink.unsigned(data as u64);
        }
        Shape::I32 => {
            sink.byte(tag);
            sink.signed(data as i32 as i64);
        }
        Shape::Memory => {
            sink.byte(tag);
            if data & IN_EXTRA == 0 {
                sink.unsigned((data >> INLINE_ALIGN_SHIFT) as u64);
                sink.unsigned(data as u64 & (INLINE_OFFSET_END - 1));
            } else {
                memory(&mut code.extra_at(data & !IN_EXTRA, instruction), kinds, instruction, sink)?;
            }
        }
        Shape::Function => {
            let opcode = match tag {
                tag::CALL_INTRINSIC | tag::CALL_TAG_NAME => tag::CALL,
                tag => tag,
            };
            sink.byte(opcode);
            sink.field(RelocationKind::FUNCTION_INDEX_LEB, data, 0, instruction)?;
        }
        Shape::Global => {
            sink.byte(if tag == tag::GLOBAL_SET_SP { tag::GLOBAL_SET } else { tag });
            sink.field(RelocationKind::GLOBAL_INDEX_LEB, data, 0, instruction)?;
        }
        Shape::Address => {
            sink.byte(kinds.constant);
            sink.field(address_kind(kinds, tag), data, 0, instruction)?;
        }
        Shape::AddressOffset => {
            let mut extra = code.extra_at(data, instruction);
            let symbol = extra.word()?;
            sink.byte(kinds.constant);
            sink.field(address_kind(kinds, tag), symbol, extra.pair()? as i64, instruction)?;
        }
        shape => uncommon(code, shape, tag, data, kinds, instruction, sink)?,
    }
    Ok(())
}

/// Instructions that are rare enough for a call.
fn uncommon<S: Sink>(
    code: &Code,
    shape: Shape,
    tag: u8,
    data: u32,
    kinds: &Kinds,
    instruction: usize,
    sink: &mut S,
) -> Result<(), Malformed> {
    let extra = &mut code.extra_at(data, instruction);
    match shape {
        Shape::Block => {
            sink.byte(tag);
            block_type(data, instruction, sink)?;
        }
        Shape::Tag | Shape::Table | Shape::TypeIndex => {
            sink.byte(tag);
            let kind = match shape {
                Shape::Tag => RelocationKind::TAG_INDEX_LEB,
                Shape::Table => RelocationKind::TABLE_NUMBER_LEB,
                _ => RelocationKind::TYPE_INDEX_LEB,
            };
            sink.field(kind, data, 0, instruction)?;
        }
        Shape::Slot => {
            sink.byte(kinds.constant);
            let kind = if tag == tag::FUNC_REF { kinds.slot } else { kinds.relative_slot };
            sink.field(kind, data, 0, instruction)?;
        }
        Shape::AbsoluteI32 => {
            sink.byte(tag::I32_CONST);
            sink.field(RelocationKind::MEMORY_ADDR_SLEB, data, 0, instruction)?;
        }
        Shape::I64 => {
            sink.byte(tag);
            sink.signed(extra.pair()? as i64);
        }
        Shape::F32 => {
            sink.byte(tag);
            sink.bytes(&data.to_le_bytes());
        }
        Shape::F64 => {
            sink.byte(tag);
            sink.bytes(extra.words(2)?.as_flattened());
        }
        Shape::OneType => {
            sink.byte(tag);
            sink.bytes(&[1, one_byte(data, instruction)?]);
        }
        Shape::HeapType => {
            sink.byte(tag);
            sink.byte(one_byte(data, instruction)?);
        }
        Shape::Indirect => {
            sink.byte(tag);
            indirect(extra, instruction, sink)?;
        }
        Shape::Labels => labels(tag, extra, instruction, sink)?,
        Shape::TryTable => try_table(tag, extra, instruction, sink)?,
        Shape::Misc => misc(tag, extra, instruction, sink)?,
        Shape::Simd => vector(tag, tag::simd_suffix, extra, kinds, instruction, sink)?,
        Shape::Atomic => vector(tag, tag::atomic_suffix, extra, kinds, instruction, sink)?,
        Shape::Raw => {
            let count = extra.word()?;
            sink.bytes(extra.bytes(count)?);
        }
        Shape::Fields => fields(extra, instruction, sink)?,
        Shape::Nothing => {}
        _ => return Err(Malformed { instruction, problem: "there is no instruction with its tag" }),
    }
    Ok(())
}

fn address_kind(kinds: &Kinds, tag: u8) -> RelocationKind {
    match tag {
        tag::TLS_REF | tag::TLS_REF_OFF => kinds.tls,
        tag::RELATIVE_REF | tag::RELATIVE_REF_OFF => kinds.relative,
        _ => kinds.address,
    }
}

/// Keeps the stack pointer, lowers it by the frame's size, and aligns it.
pub(super) fn prologue<S: Sink>(frame: &Frame, is_64: bool, sink: &mut S) -> Result<(), Malformed> {
    let (constant, sub, and) = match is_64 {
        true => (tag::I64_CONST, tag::I64_SUB, tag::I64_AND),
        false => (tag::I32_CONST, tag::I32_SUB, tag::I32_AND),
    };
    let alignment = 1i64 << frame.alignment.min(super::FRAME_ALIGNMENT_MAX);
    let size = (frame.size as i64 + alignment - 1) & -alignment;
    sink.byte(tag::GLOBAL_GET);
    sink.field(RelocationKind::GLOBAL_INDEX_LEB, frame.stack_pointer, 0, 0)?;
    sink.byte(tag::LOCAL_TEE);
    sink.unsigned(frame.saved_local as u64);
    sink.byte(constant);
    sink.signed(if is_64 { size } else { size as i32 as i64 });
    sink.byte(sub);
    sink.byte(constant);
    sink.signed(-alignment);
    sink.byte(and);
    sink.byte(tag::LOCAL_TEE);
    sink.unsigned(frame.bottom_local as u64);
    sink.byte(tag::GLOBAL_SET);
    sink.field(RelocationKind::GLOBAL_INDEX_LEB, frame.stack_pointer, 0, 0)
}

fn one_byte(data: u32, instruction: usize) -> Result<u8, Malformed> {
    u8::try_from(data).map_err(|_| Malformed { instruction, problem: "its type has more than one byte" })
}

fn block_type<S: Sink>(data: u32, instruction: usize, sink: &mut S) -> Result<(), Malformed> {
    if data & TYPE_BLOCK != 0 {
        return sink.block_type(data & !TYPE_BLOCK, instruction);
    }
    sink.byte(one_byte(data, instruction)?);
    Ok(())
}

fn memory<S: Sink>(extra: &mut Cursor, kinds: &Kinds, instruction: usize, sink: &mut S) -> Result<(), Malformed> {
    let flags = extra.word()?;
    sink.unsigned((flags & !SYMBOLIC) as u64);
    if flags & SYMBOLIC == 0 {
        sink.unsigned(extra.pair()?);
        return Ok(());
    }
    let symbol = extra.word()?;
    sink.field(kinds.offset, symbol, extra.pair()? as i64, instruction)
}

fn indirect<S: Sink>(extra: &mut Cursor, instruction: usize, sink: &mut S) -> Result<(), Malformed> {
    sink.field(RelocationKind::TYPE_INDEX_LEB, extra.word()?, 0, instruction)?;
    match extra.word()? {
        NO_SYMBOL => sink.byte(0),
        table => sink.field(RelocationKind::TABLE_NUMBER_LEB, table, 0, instruction)?,
    }
    Ok(())
}

fn labels<S: Sink>(tag: u8, extra: &mut Cursor, instruction: usize, sink: &mut S) -> Result<(), Malformed> {
    let count = extra.word()?;
    let Some(others) = count.checked_sub(1) else {
        return Err(Malformed { instruction, problem: "it lacks the default label" });
    };
    sink.byte(tag);
    sink.unsigned(others as u64);
    extra.words(count as usize)?.iter().for_each(|&label| sink.unsigned(u32::from_le_bytes(label) as u64));
    Ok(())
}

fn try_table<S: Sink>(tag: u8, extra: &mut Cursor, instruction: usize, sink: &mut S) -> Result<(), Malformed> {
    sink.byte(tag);
    block_type(extra.word()?, instruction, sink)?;
    let count = extra.word()?;
    sink.unsigned(count as u64);
    for _ in 0..count {
        let (kind, symbol, label) = (extra.word()?, extra.word()?, extra.word()?);
        sink.unsigned(kind as u64);
        match kind {
            0 | 1 => sink.field(RelocationKind::TAG_INDEX_LEB, symbol, 0, instruction)?,
            2 | 3 => {}
            _ => return Err(Malformed { instruction, problem: "there is no such kind of catch clause" }),
        }
        sink.unsigned(label as u64);
    }
    Ok(())
}

fn misc<S: Sink>(tag: u8, extra: &mut Cursor, instruction: usize, sink: &mut S) -> Result<(), Malformed> {
    let opcode = extra.word()?;
    let Some((numbers, tables)) = tag::misc_suffix(opcode) else {
        return Err(Malformed { instruction, problem: "there is no such opcode behind the prefix 0xfc" });
    };
    sink.byte(tag);
    sink.unsigned(opcode as u64);
    for _ in 0..numbers {
        sink.unsigned(extra.word()? as u64);
    }
    for _ in 0..tables {
        sink.field(RelocationKind::TABLE_NUMBER_LEB, extra.word()?, 0, instruction)?;
    }
    Ok(())
}

fn vector<S: Sink>(
    tag: u8,
    suffix: fn(u32) -> Option<Suffix>,
    extra: &mut Cursor,
    kinds: &Kinds,
    instruction: usize,
    sink: &mut S,
) -> Result<(), Malformed> {
    let opcode = extra.word()?;
    let Some(suffix) = suffix(opcode) else {
        return Err(Malformed { instruction, problem: "there is no such opcode behind its prefix" });
    };
    sink.byte(tag);
    sink.unsigned(opcode as u64);
    match suffix {
        Suffix::Nothing => {}
        Suffix::Memory => memory(extra, kinds, instruction, sink)?,
        Suffix::MemoryLane => {
            memory(extra, kinds, instruction, sink)?;
            sink.byte(one_byte(extra.word()?, instruction)?);
        }
        Suffix::Lane => sink.byte(one_byte(extra.word()?, instruction)?),
        Suffix::Bytes16 => sink.bytes(extra.bytes(16)?),
        Suffix::Zero => sink.byte(0),
    }
    Ok(())
}

/// The words of one field: position, relocation type, index, addend.
const FIELD_WORDS: usize = 5;

fn fields<S: Sink>(extra: &mut Cursor, instruction: usize, sink: &mut S) -> Result<(), Malformed> {
    let (byte_count, field_count) = (extra.word()?, extra.word()?);
    let words = (field_count as usize).saturating_mul(FIELD_WORDS);
    let (fields, _) = extra.words(words)?.as_chunks::<FIELD_WORDS>();
    let bytes = extra.bytes(byte_count)?;
    let mut done = 0;
    for field in fields {
        let [at, kind, index, low, high] = field.map(u32::from_le_bytes);
        let Some(before) = bytes.get(done..at as usize) else {
            return Err(Malformed { instruction, problem: "its fields are not in order" });
        };
        let kind = u8::try_from(kind).ok().and_then(RelocationKind::from_code);
        let Some(kind) = kind.filter(|kind| kind.field().is_leb()) else {
            return Err(Malformed { instruction, problem: "there is no such relocation type for code" });
        };
        sink.bytes(before);
        sink.field(kind, index, (low as u64 | (high as u64) << 32) as i64, instruction)?;
        done = at as usize;
    }
    sink.bytes(&bytes[done..]);
    Ok(())
}
