//! Builds a function instruction by instruction, and checks its structure.
//!
//! Checked are block nesting, labels, locals and operand ranges: what a compiler gets wrong by a slip. Types are not:
//! that is what validating the linked module is for.

use super::code::{CodeBuffer, FRAME_ALIGNMENT_MAX, Frame, Scratch, Start, Word};
use super::encoded::{Draft, EncodedChunks};
use super::tag::{
    self, IN_EXTRA, INLINE_ALIGN_SHIFT, INLINE_OFFSET_END, NO_SYMBOL, SHAPES, SYMBOLIC, Shape, TYPE_BLOCK,
};
use super::worker::{Fixup, Unnamed};
use crate::leb;
use crate::object::relocations::RelocationKind;

pub use super::operands::{BlockType, Catch, Data, Func, Global, Local, MemArg, Table, Tag, Type};

/// What is wrong with a function that a builder was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildError {
    /// Number of the instruction, from 0.
    pub instruction: usize,
    /// What is wrong.
    pub problem: &'static str,
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "instruction {}: {}", self.instruction, self.problem)
    }
}

impl std::error::Error for BuildError {}

/// Where a function under construction goes.
#[derive(Debug)]
enum Output<'b> {
    /// To the end of arrays; where it begins there.
    Arrays(&'b mut CodeBuffer, Start),
    /// Into a worker's buffer, encoded as it comes.
    Encoded(Encoding<'b>),
}

/// Where a worker's function goes.
#[derive(Debug)]
pub(super) struct Encoding<'b> {
    /// Its instructions.
    pub draft: &'b mut Draft,
    /// Everything, in the end.
    pub buffer: &'b mut EncodedChunks,
    /// The worker's unnamed values, to which it may add.
    pub unnamed: Unnamed<'b>,
}

/// A function under construction. Dropped without [`FunctionBuilder::finish`] it leaves nothing.
///
/// Methods return the builder, so that instructions can be chained in the order in which they run.
#[derive(Debug)]
pub struct FunctionBuilder<'b> {
    output: Output<'b>,
    scratch: Scratch,
    /// Instructions so far.
    count: u32,
    local_count: u32,
    frame: Option<Frame>,
    error: Option<BuildError>,
    is_done: bool,
}

impl Drop for FunctionBuilder<'_> {
    fn drop(&mut self) {
        match &mut self.output {
            Output::Arrays(buffer, start) => {
                buffer.scratch = std::mem::take(&mut self.scratch);
                if !self.is_done {
                    buffer.tags.truncate(start.tags as usize);
                    buffer.data.truncate(start.tags as usize);
                    buffer.extra.truncate(start.extra as usize);
                    buffer.locals.truncate(start.locals as usize);
                }
            }
            Output::Encoded(encoding) => encoding.draft.scratch = std::mem::take(&mut self.scratch),
        }
    }
}

impl<'b> FunctionBuilder<'b> {
    /// Starts a function with `parameters` parameters.
    pub fn new(buffer: &'b mut CodeBuffer, parameters: u32) -> Self {
        let (start, scratch) = (buffer.end(), std::mem::take(&mut buffer.scratch));
        Self::start(Output::Arrays(buffer, start), scratch, parameters)
    }

    /// [`FunctionBuilder::new`], for a function of a worker.
    pub(super) fn encoding(encoding: Encoding<'b>, parameters: u32) -> Self {
        encoding.draft.clear();
        let scratch = std::mem::take(&mut encoding.draft.scratch);
        Self::start(Output::Encoded(encoding), scratch, parameters)
    }

    fn start(output: Output<'b>, mut scratch: Scratch, parameters: u32) -> Self {
        scratch.runs.clear();
        scratch.blocks.clear();
        scratch.blocks.push(false);
        Self { output, scratch, count: 0, local_count: parameters, frame: None, error: None, is_done: false }
    }

    /// Adds a local of the type with the byte `ty`.
    #[inline]
    pub fn local(&mut self, ty: u8) -> Local {
        self.locals(1, ty)
    }
    /// Adds `count` locals of the type with the byte `ty`; returns the first, behind which the others follow.
    #[inline]
    pub fn locals(&mut self, count: u32, ty: u8) -> Local {
        let first = self.local_count;
        let Some(end) = first.checked_add(count) else {
            self.check(false, "there are 2**32 locals");
            return Local(first);
        };
        match self.scratch.runs.last_mut() {
            Some((known, last)) if *last == ty => *known += count,
            _ if count == 0 => {}
            _ => self.scratch.runs.push((count, ty)),
        }
        self.local_count = end;
        Local(first)
    }
    /// Gives the function `size` bytes of stack, aligned to `1 << alignment`; `saved` keeps the caller's stack pointer,
    /// `bottom` gets the lowest address.
    pub fn frame(
        &mut self,
        stack_pointer: Global,
        saved: Local,
        bottom: Local,
        size: u32,
        alignment: u32,
    ) -> &mut Self {
        self.check(alignment <= FRAME_ALIGNMENT_MAX, "a frame's alignment is at most 2**30");
        self.check(saved.0 < self.local_count && bottom.0 < self.local_count, "a frame's locals do not exist");
        let stack_pointer = stack_pointer.0;
        self.frame = Some(Frame { stack_pointer, saved_local: saved.0, bottom_local: bottom.0, size, alignment });
        self
    }

    /// An instruction without operand.
    #[inline]
    pub fn op(&mut self, tag: u8) -> &mut Self {
        if SHAPES[tag as usize] != Shape::Plain {
            return self.fail("it needs an operand, or is no instruction");
        }
        match tag {
            tag::END => {
                let is_open = self.close();
                self.check(is_open, "it ends a block that is not there; finish() ends the function");
            }
            tag::ELSE => {
                let may = self.scratch.blocks.last_mut().is_some_and(std::mem::take);
                self.check(may, "it is in no `if`");
            }
            _ => {}
        }
        self.put(tag, 0, |draft| draft.plain(tag))
    }
    /// `block`, `loop`, `if` or `try`, by its tag.
    #[inline]
    pub fn block(&mut self, tag: u8, ty: BlockType) -> &mut Self {
        if SHAPES[tag as usize] != Shape::Block {
            return self.fail("it is no block");
        }
        self.scratch.blocks.push(tag == tag::IF);
        match block_word(ty) {
            byte if byte < 0x80 => self.put(tag, byte, |draft| draft.number(tag, byte)),
            word => self.push(tag, word),
        }
    }
    /// `try_table`.
    pub fn try_table(&mut self, ty: BlockType, catches: &[Catch]) -> &mut Self {
        let at = self.extra_here();
        self.extra(&[block_word(ty), catches.len() as u32]);
        for catch in catches {
            let (kind, symbol, label) = match *catch {
                Catch::One(tag, label) => (0, tag.0, label),
                Catch::OneRef(tag, label) => (1, tag.0, label),
                Catch::All(label) => (2, NO_SYMBOL, label),
                Catch::AllRef(label) => (3, NO_SYMBOL, label),
            };
            self.check_label(label);
            self.extra(&[kind, symbol, label]);
        }
        self.scratch.blocks.push(false);
        self.push(tag::TRY_TABLE, at)
    }
    /// `br`, `br_if` and the like, by their tag.
    #[inline]
    pub fn branch(&mut self, tag: u8, label: u32) -> &mut Self {
        if SHAPES[tag as usize] != Shape::Number {
            return self.fail("it takes no label");
        }
        self.check_label(label);
        if tag == tag::DELEGATE {
            self.close();
        }
        self.put(tag, label, |draft| draft.number(tag, label))
    }
    /// `br_table`; the last label is the default.
    pub fn br_table(&mut self, labels: &[u32]) -> &mut Self {
        self.check(!labels.is_empty(), "it lacks the default label");
        labels.iter().for_each(|&label| self.check_label(label));
        let at = self.extra_here();
        self.extra(&[labels.len() as u32]);
        self.extra(labels);
        self.push(tag::BR_TABLE, at)
    }
    /// `return`.
    pub fn ret(&mut self) -> &mut Self {
        self.op(tag::RETURN)
    }
    /// `local.get`.
    #[inline]
    pub fn local_get(&mut self, local: Local) -> &mut Self {
        self.local_op(tag::LOCAL_GET, local)
    }
    /// `local.set`.
    #[inline]
    pub fn local_set(&mut self, local: Local) -> &mut Self {
        self.local_op(tag::LOCAL_SET, local)
    }
    /// `local.tee`.
    #[inline]
    pub fn local_tee(&mut self, local: Local) -> &mut Self {
        self.local_op(tag::LOCAL_TEE, local)
    }
    /// `i32.const`.
    #[inline]
    pub fn i32_const(&mut self, value: i32) -> &mut Self {
        self.put(tag::I32_CONST, value as u32, |draft| draft.constant(value))
    }
    /// `i64.const`.
    #[inline]
    pub fn i64_const(&mut self, value: i64) -> &mut Self {
        self.wide(tag::I64_CONST, value as u64)
    }
    /// `f32.const`.
    pub fn f32_const(&mut self, value: f32) -> &mut Self {
        self.push(tag::F32_CONST, value.to_bits())
    }
    /// `f64.const`.
    pub fn f64_const(&mut self, value: f64) -> &mut Self {
        self.wide(tag::F64_CONST, value.to_bits())
    }
    /// A load or store, by its tag.
    #[inline]
    pub fn memory(&mut self, tag: u8, access: MemArg) -> &mut Self {
        if SHAPES[tag as usize] != Shape::Memory {
            return self.fail("it does not access memory");
        }
        if access.alignment >= 32 {
            return self.fail("an alignment is below 2**32");
        }
        if access.symbol.is_none() && access.offset < INLINE_OFFSET_END {
            let (alignment, offset) = (access.alignment, access.offset as u32);
            return self
                .put(tag, alignment << INLINE_ALIGN_SHIFT | offset, |draft| draft.access(tag, alignment, offset));
        }
        let at = self.extra_here();
        self.access(access);
        self.push(tag, IN_EXTRA | at)
    }
    /// `memory.size` or `memory.grow`, by its tag.
    pub fn memory_op(&mut self, tag: u8, memory: u32) -> &mut Self {
        self.check(matches!(tag, tag::MEMORY_SIZE | tag::MEMORY_GROW), "it is not about a whole memory");
        self.push(tag, memory)
    }
    /// `call`.
    #[inline]
    pub fn call(&mut self, function: Func) -> &mut Self {
        self.field(tag::CALL, RelocationKind::FUNCTION_INDEX_LEB, function.0)
    }
    /// Calls a function of the run-time library, which may have to be taken from an archive.
    pub fn call_intrinsic(&mut self, function: Func) -> &mut Self {
        self.push(tag::CALL_INTRINSIC, function.0)
    }
    /// Calls the function that names the values of an enumeration.
    pub fn call_tag_name(&mut self, function: Func) -> &mut Self {
        self.push(tag::CALL_TAG_NAME, function.0)
    }
    /// `return_call`.
    pub fn return_call(&mut self, function: Func) -> &mut Self {
        self.push(tag::RETURN_CALL, function.0)
    }
    /// `call_indirect` or `return_call_indirect`, by its tag, through `table`; or else through table 0, which does not by
    /// itself have the module get one.
    #[inline]
    pub fn call_indirect(&mut self, tag: u8, ty: Type, table: Option<Table>) -> &mut Self {
        self.check(SHAPES[tag as usize] == Shape::Indirect, "it is no indirect call");
        let at = self.extra_here();
        self.extra(&[ty.0, table.map_or(NO_SYMBOL, |table| table.0)]);
        self.push(tag, at)
    }
    /// `ref.func`.
    pub fn ref_func(&mut self, function: Func) -> &mut Self {
        self.push(tag::REF_FUNC, function.0)
    }
    /// `ref.null`, of the abstract heap type with the byte `ty`.
    pub fn ref_null(&mut self, ty: u8) -> &mut Self {
        self.push(tag::REF_NULL, ty as u32)
    }
    /// `select` of values of the type with the byte `ty`.
    pub fn select_t(&mut self, ty: u8) -> &mut Self {
        self.push(tag::SELECT_T, ty as u32)
    }
    /// `global.get`.
    #[inline]
    pub fn global_get(&mut self, global: Global) -> &mut Self {
        self.field(tag::GLOBAL_GET, RelocationKind::GLOBAL_INDEX_LEB, global.0)
    }
    /// `global.set`.
    #[inline]
    pub fn global_set(&mut self, global: Global) -> &mut Self {
        self.field(tag::GLOBAL_SET, RelocationKind::GLOBAL_INDEX_LEB, global.0)
    }
    /// Sets the stack pointer, whose symbol is `global`.
    #[inline]
    pub fn global_set_sp(&mut self, global: Global) -> &mut Self {
        self.push(tag::GLOBAL_SET_SP, global.0)
    }
    /// `table.get` or `table.set`, by its tag.
    pub fn table_op(&mut self, tag: u8, table: Table) -> &mut Self {
        self.check(SHAPES[tag as usize] == Shape::Table, "it is not about a table's element");
        self.push(tag, table.0)
    }
    /// `throw`, or the `catch` of a `try`, by its tag.
    pub fn exception(&mut self, tag: u8, exception: Tag) -> &mut Self {
        self.check(SHAPES[tag as usize] == Shape::Tag, "it has no exception tag");
        self.push(tag, exception.0)
    }
    /// The address `addend` bytes behind a named value: a constant of pointer type.
    #[inline]
    pub fn address(&mut self, data: Data, addend: i64) -> &mut Self {
        self.reference(tag::NAV_REF, tag::NAV_REF_OFF, data, addend)
    }
    /// An unnamed constant value, as [`super::Worker::unnamed`] makes it; only a worker's functions can have some.
    pub fn unnamed(&mut self, bytes: &[u8], alignment: u32, fixups: &[Fixup]) -> Data {
        match &mut self.output {
            Output::Encoded(encoding) => encoding.unnamed.add(bytes, alignment, fixups),
            Output::Arrays(..) => {
                self.check(false, "only a worker's functions have unnamed values");
                Data(NO_SYMBOL)
            }
        }
    }
    /// The address `addend` bytes behind an unnamed value.
    pub fn uav_ref(&mut self, data: Data, addend: i64) -> &mut Self {
        self.reference(tag::UAV_REF, tag::UAV_REF_OFF, data, addend)
    }
    /// The distance from `__tls_base` to `addend` bytes behind thread-local data.
    pub fn tls_offset(&mut self, data: Data, addend: i64) -> &mut Self {
        self.reference(tag::TLS_REF, tag::TLS_REF_OFF, data, addend)
    }
    /// The distance from `__memory_base` to `addend` bytes behind data, in position-independent code.
    pub fn relative_address(&mut self, data: Data, addend: i64) -> &mut Self {
        self.reference(tag::RELATIVE_REF, tag::RELATIVE_REF_OFF, data, addend)
    }
    /// The table slot of a function: its address.
    #[inline]
    pub fn func_ref(&mut self, function: Func) -> &mut Self {
        self.push(tag::FUNC_REF, function.0)
    }
    /// The distance from `__table_base` to the table slot of a function, in position-independent code.
    pub fn func_relative_ref(&mut self, function: Func) -> &mut Self {
        self.push(tag::FUNC_RELATIVE_REF, function.0)
    }
    /// The address of a table of names.
    pub fn name_table_ref(&mut self, table: Data) -> &mut Self {
        self.push(tag::NAME_TABLE_REF, table.0)
    }
    /// The length of a table of names, whose symbol is absolute data: an `i32.const`.
    pub fn names_len(&mut self, len: Data) -> &mut Self {
        self.push(tag::NAMES_LEN, len.0)
    }
    /// An instruction behind the prefix 0xfc: its opcode, plain numbers, tables.
    pub fn misc(&mut self, opcode: u32, numbers: &[u32], tables: &[Table]) -> &mut Self {
        let suffix = tag::misc_suffix(opcode);
        self.check(suffix == Some((numbers.len() as u32, tables.len() as u32)), "its operands do not fit its opcode");
        let at = self.extra_here();
        self.extra(&[opcode]);
        self.extra(numbers);
        tables.iter().for_each(|table| self.extra(&[table.0]));
        self.push(tag::MISC, at)
    }
    /// `memory.init` of memory 0, from data segment number `segment` of the module.
    pub(crate) fn memory_init(&mut self, segment: u32) -> &mut Self {
        self.misc(8, &[segment, 0], &[])
    }
    /// `data.drop`.
    pub(crate) fn data_drop(&mut self, segment: u32) -> &mut Self {
        self.misc(9, &[segment], &[])
    }
    /// `memory.copy` within memory 0.
    pub fn memory_copy(&mut self) -> &mut Self {
        self.misc(10, &[0, 0], &[])
    }
    /// `memory.fill` of memory 0.
    pub fn memory_fill(&mut self) -> &mut Self {
        self.misc(11, &[0], &[])
    }
    /// A vector or atomic instruction, by tag and opcode: an access to memory, and a lane or sixteen bytes, as far as it
    /// has them.
    pub fn prefixed(&mut self, tag: u8, opcode: u32, access: Option<MemArg>, immediate: &[u8]) -> &mut Self {
        use super::tag::Suffix;
        let suffix = match tag {
            tag::SIMD => tag::simd_suffix(opcode),
            tag::ATOMIC => tag::atomic_suffix(opcode),
            _ => None,
        };
        let fits = match suffix {
            Some(Suffix::Nothing | Suffix::Zero) => access.is_none() && immediate.is_empty(),
            Some(Suffix::Memory) => access.is_some() && immediate.is_empty(),
            Some(Suffix::MemoryLane) => access.is_some() && immediate.len() == 1,
            Some(Suffix::Lane) => access.is_none() && immediate.len() == 1,
            Some(Suffix::Bytes16) => access.is_none() && immediate.len() == 16,
            None => false,
        };
        self.check(fits, "its operands do not fit its opcode");
        let at = self.extra_here();
        self.extra(&[opcode]);
        if let Some(access) = access {
            self.access(access);
        }
        self.extra_bytes(immediate);
        self.push(tag, at)
    }
    /// Instructions as they are encoded.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        let at = self.extra_here();
        self.extra(&[bytes.len() as u32]);
        self.extra_bytes(bytes);
        self.push(tag::RAW, at)
    }
    /// Says which line of the source the next instructions come from.
    pub fn dbg_line(&mut self, line: u32, column: u32) -> &mut Self {
        let at = self.extra_here();
        self.extra(&[line, column]);
        self.push(tag::DBG_LINE, at)
    }

    /// Ends the function and leaves it in the buffer.
    ///
    /// # Errors
    /// The first slip; the function is then not there.
    pub fn finish(mut self) -> Result<(), BuildError> {
        self.check(self.scratch.blocks.len() == 1, "a block is not ended");
        self.push(tag::END, 0);
        if let Some(error) = self.error {
            return Err(error);
        }
        let runs = &self.scratch.runs;
        let encode = |locals: &mut Vec<u8>| {
            leb::push_unsigned(locals, runs.len() as u64);
            for &(count, ty) in runs {
                leb::push_unsigned(locals, count as u64);
                locals.push(ty);
            }
        };
        match &mut self.output {
            Output::Arrays(buffer, start) => {
                encode(&mut buffer.locals);
                buffer.frames.push(self.frame);
                buffer.starts.push(*start);
            }
            Output::Encoded(encoding) => encoding.buffer.finish(encoding.draft, encode, self.frame.as_ref()),
        }
        self.is_done = true;
        Ok(())
    }

    /// An instruction of any form.
    fn push(&mut self, tag: u8, data: u32) -> &mut Self {
        let number = self.count;
        self.put(tag, data, |draft| draft.push(tag, data, number))
    }
    /// An instruction, with a way to encode it.
    #[inline]
    fn put(&mut self, tag: u8, data: u32, encode: impl FnOnce(&mut Draft)) -> &mut Self {
        match &mut self.output {
            Output::Encoded(encoding) => encode(encoding.draft),
            Output::Arrays(buffer, _) => {
                buffer.tags.push(tag);
                buffer.data.push(data.to_le_bytes());
            }
        }
        self.count += 1;
        self
    }
    /// An instruction that is its tag and the field of a symbol.
    #[inline]
    fn field(&mut self, tag: u8, kind: RelocationKind, symbol: u32) -> &mut Self {
        let number = self.count;
        self.put(tag, symbol, |draft| draft.field(tag, kind, symbol, number))
    }
    #[cold]
    fn fail(&mut self, problem: &'static str) -> &mut Self {
        self.check(false, problem);
        self
    }
    /// Ends the innermost block; whether there was one besides the function's own.
    #[inline]
    fn close(&mut self) -> bool {
        let blocks = &mut self.scratch.blocks;
        let is_open = blocks.len() > 1;
        blocks.truncate(blocks.len().max(2) - 1);
        is_open
    }
    #[inline]
    fn local_op(&mut self, tag: u8, local: Local) -> &mut Self {
        self.check(local.0 < self.local_count, "there is no such local");
        self.put(tag, local.0, |draft| draft.number(tag, local.0))
    }
    #[inline]
    fn wide(&mut self, tag: u8, value: u64) -> &mut Self {
        let at = self.extra_here();
        self.extra(&[value as u32, (value >> 32) as u32]);
        self.push(tag, at)
    }
    #[inline]
    fn reference(&mut self, tag: u8, offset_tag: u8, data: Data, addend: i64) -> &mut Self {
        if addend == 0 {
            return self.push(tag, data.0);
        }
        let at = self.extra_here();
        self.extra(&[data.0, addend as u32, (addend >> 32) as u32]);
        self.push(offset_tag, at)
    }
    fn access(&mut self, access: MemArg) {
        let offset = [access.offset as u32, (access.offset >> 32) as u32];
        match access.symbol {
            Some(symbol) => self.extra(&[access.alignment | SYMBOLIC, symbol.0, offset[0], offset[1]]),
            None => self.extra(&[access.alignment, offset[0], offset[1]]),
        }
    }
    #[inline]
    fn extra_here(&self) -> u32 {
        match &self.output {
            Output::Encoded(encoding) => encoding.draft.extra.len() as u32,
            Output::Arrays(buffer, start) => buffer.extra.len() as u32 - start.extra,
        }
    }
    #[inline]
    fn extra(&mut self, words: &[u32]) {
        self.words().extend(words.iter().map(|word| word.to_le_bytes()));
    }
    #[inline]
    fn words(&mut self) -> &mut Vec<Word> {
        match &mut self.output {
            Output::Encoded(encoding) => &mut encoding.draft.extra,
            Output::Arrays(buffer, _) => &mut buffer.extra,
        }
    }
    fn extra_bytes(&mut self, bytes: &[u8]) {
        self.words().extend(bytes.chunks(4).map(|chunk| {
            let mut word = Word::default();
            word[..chunk.len()].copy_from_slice(chunk);
            word
        }));
    }
    #[inline]
    fn check_label(&mut self, label: u32) {
        self.check((label as usize) < self.scratch.blocks.len(), "there is no block that far out");
    }
    #[inline]
    fn check(&mut self, holds: bool, problem: &'static str) {
        if !holds && self.error.is_none() {
            self.error = Some(BuildError { instruction: self.count as usize, problem });
        }
    }
}

#[inline]
fn block_word(ty: BlockType) -> u32 {
    const EMPTY: u32 = 0x40;
    match ty {
        BlockType::Empty => EMPTY,
        BlockType::Value(ty) => ty as u32,
        BlockType::Function(ty) => TYPE_BLOCK | ty.0,
    }
}

#[cfg(test)]
mod tests;
