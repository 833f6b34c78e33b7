//! Functions as a worker keeps them for the link: encoded as they are built, but for the fields that wait for symbols.
//!
//! That takes half of the memory that the arrays of [`Code`] take, and leaves to the link what only the link can do: to put
//! numbers in place of names.

use super::code::{Scratch, Word};
use super::walk::{self, Kinds, Sink, walk};
use super::{Code, Frame, Malformed, tag};
use crate::leb;
use crate::object::relocations::RelocationKind;

/// A field that waits for its value.
#[derive(Clone, Copy, Debug)]
struct Field {
    /// Bytes of the body in front of it.
    at: u32,
    /// A symbol or a type.
    operand: u32,
    /// Number of the instruction that has it.
    instruction: u32,
    kind: RelocationKind,
    /// It is a block's type.
    is_block: bool,
    /// Its addend is the next of the function's addends; else it is 0.
    has_addend: bool,
}

/// Where a function ends in the arrays of its buffer.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    bytes: u32,
    fields: u32,
    addends: u32,
}

/// Functions in chunks, which do not grow, but for the first: growing copies what is there.
#[derive(Clone, Debug, Default)]
pub(crate) struct EncodedChunks {
    chunks: Vec<EncodedBuffer>,
    /// The chunk of each function, and its number there.
    places: Vec<(u32, u32)>,
}

/// Bytes of a chunk, unless a function has more.
const CHUNK_BYTES: usize = 1 << 18;
/// Fields of a chunk, unless a function has more.
const CHUNK_FIELDS: usize = CHUNK_BYTES / 16;

impl EncodedChunks {
    /// Function number `index`.
    #[inline]
    pub fn get(&self, index: usize) -> Encoded<'_> {
        let (chunk, index) = self.places[index];
        self.chunks[chunk as usize].get(index as usize)
    }
    /// Appends a function. The link says what is wrong with it: `locals` if they are, or what walking comes upon.
    pub fn push(&mut self, code: &Code, is_64: bool, locals: Result<(), Malformed>) {
        self.place(code.locals.len() + 3 * code.tags.len(), code.tags.len()).push(code, is_64, locals);
    }
    /// Appends the function that `draft` holds, behind the locals that `locals` appends.
    pub fn finish(&mut self, draft: &Draft, locals: impl FnOnce(&mut Vec<u8>), frame: Option<&Frame>) {
        // Few functions have more runs of locals, or a longer prologue.
        const HEAD: usize = 64;
        let chunk = self.place(draft.bytes.len() + HEAD, draft.fields.len() + 2);
        chunk.finish(draft, locals, frame);
    }
    /// The chunk of the next function, which has about so many bytes and fields.
    fn place(&mut self, bytes: usize, fields: usize) -> &mut EncodedBuffer {
        let fits = |last: &EncodedBuffer| {
            last.bytes.len() + bytes <= CHUNK_BYTES && last.fields.len() + fields <= CHUNK_FIELDS
        };
        let last = self.chunks.pop_if(|last| last.ends.is_empty() || fits(last));
        let next = last.unwrap_or_else(|| match self.chunks.is_empty() {
            true => EncodedBuffer::default(),
            false => EncodedBuffer {
                bytes: Vec::with_capacity(CHUNK_BYTES.max(bytes)),
                fields: Vec::with_capacity(CHUNK_FIELDS.max(fields)),
                ..EncodedBuffer::default()
            },
        });
        self.places.push((self.chunks.len() as u32, next.ends.len() as u32));
        self.chunks.push_mut(next)
    }
}

/// Functions behind one another.
#[derive(Clone, Debug, Default)]
struct EncodedBuffer {
    bytes: Vec<u8>,
    fields: Vec<Field>,
    addends: Vec<i64>,
    ends: Vec<End>,
    /// What is wrong with which function.
    malformed: Vec<(usize, Malformed)>,
}

/// A function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Encoded<'m> {
    bytes: &'m [u8],
    fields: &'m [Field],
    addends: &'m [i64],
    malformed: Option<Malformed>,
}

impl EncodedBuffer {
    /// Appends a function. The link says what is wrong with it: `locals` if they are, or what walking comes upon.
    pub fn push(&mut self, code: &Code, is_64: bool, locals: Result<(), Malformed>) {
        let last = self.end();
        let Self { bytes, fields, addends, .. } = self;
        let mut encoder = Encoder { start: last.bytes as usize, bytes, fields, addends };
        if let Err(malformed) = locals.and_then(|()| walk(code, is_64, &mut encoder)) {
            self.malformed.push((self.ends.len(), malformed));
        }
        self.push_end();
    }
    /// Appends the function that `draft` holds, behind the locals that `locals` appends.
    pub fn finish(&mut self, draft: &Draft, locals: impl FnOnce(&mut Vec<u8>), frame: Option<&Frame>) {
        let start = self.end().bytes as usize;
        locals(&mut self.bytes);
        let mut malformed = draft.malformed;
        if let Some(frame) = frame {
            let Self { bytes, fields, addends, .. } = self;
            let mut encoder = Encoder { start, bytes, fields, addends };
            malformed = walk::prologue(frame, draft.is_64, &mut encoder).err().or(malformed);
        }
        let before = (self.bytes.len() - start) as u32;
        self.bytes.extend_from_slice(&draft.bytes);
        self.fields.extend(draft.fields.iter().map(|field| Field { at: field.at + before, ..*field }));
        self.addends.extend_from_slice(&draft.addends);
        self.malformed.extend(malformed.map(|malformed| (self.ends.len(), malformed)));
        self.push_end();
    }
    fn push_end(&mut self) {
        self.ends.push(End {
            bytes: self.bytes.len() as u32,
            fields: self.fields.len() as u32,
            addends: self.addends.len() as u32,
        });
    }
    fn end(&self) -> End {
        self.ends.last().copied().unwrap_or_default()
    }
    /// Function number `index`.
    #[inline]
    pub fn get(&self, index: usize) -> Encoded<'_> {
        let start = index.checked_sub(1).map_or_else(End::default, |before| self.ends[before]);
        let end = self.ends[index];
        Encoded {
            bytes: &self.bytes[start.bytes as usize..end.bytes as usize],
            fields: &self.fields[start.fields as usize..end.fields as usize],
            addends: &self.addends[start.addends as usize..end.addends as usize],
            malformed: self.malformed.iter().find(|&&(at, _)| at == index).map(|&(_, malformed)| malformed),
        }
    }
}

impl Encoded<'_> {
    /// Gives the function to `sink`, as walking its MIR would.
    ///
    /// # Errors
    /// What walking its MIR came upon, and what `sink` returns.
    #[inline]
    pub fn walk<S: Sink>(&self, sink: &mut S) -> Result<(), Malformed> {
        if let Some(malformed) = self.malformed {
            return Err(malformed);
        }
        let (mut done, mut addends) = (0, self.addends.iter());
        for field in self.fields {
            let at = field.at as usize;
            sink.part(self.bytes, done, at);
            done = at;
            let instruction = field.instruction as usize;
            if field.is_block {
                sink.block_type(field.operand, instruction)?;
                continue;
            }
            let addend = if field.has_addend { addends.next().copied().unwrap_or(0) } else { 0 };
            sink.field(field.kind, field.operand, addend, instruction)?;
        }
        sink.bytes(&self.bytes[done..]);
        Ok(())
    }
}

/// The instructions of a function under construction, encoded as they come.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    is_64: bool,
    bytes: Vec<u8>,
    fields: Vec<Field>,
    addends: Vec<i64>,
    /// Further words of the next instruction.
    pub extra: Vec<Word>,
    malformed: Option<Malformed>,
    pub scratch: Scratch,
}

impl Draft {
    /// One for functions of a module whose addresses have 64 bits, or 32.
    pub fn new(is_64: bool) -> Self {
        Self { is_64, ..Self::default() }
    }
    /// Takes everything out.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.fields.clear();
        self.addends.clear();
        self.extra.clear();
        self.malformed = None;
    }
    /// An instruction without operand.
    #[inline]
    pub fn plain(&mut self, tag: u8) {
        self.bytes.push(tag);
    }
    /// An instruction with a number.
    #[inline]
    pub fn number(&mut self, tag: u8, number: u32) {
        if number < 0x80 {
            return self.bytes.extend_from_slice(&[tag, number as u8]);
        }
        self.bytes.push(tag);
        leb::push_unsigned(&mut self.bytes, number as u64);
    }
    /// `i32.const`.
    #[inline]
    pub fn constant(&mut self, value: i32) {
        if (-0x40..0x40).contains(&value) {
            return self.bytes.extend_from_slice(&[tag::I32_CONST, value as u8 & 0x7f]);
        }
        self.bytes.push(tag::I32_CONST);
        leb::push_signed(&mut self.bytes, value as i64);
    }
    /// A load or store.
    #[inline]
    pub fn access(&mut self, tag: u8, alignment: u32, offset: u32) {
        if offset < 0x80 {
            return self.bytes.extend_from_slice(&[tag, alignment as u8, offset as u8]);
        }
        self.bytes.extend_from_slice(&[tag, alignment as u8]);
        leb::push_unsigned(&mut self.bytes, offset as u64);
    }
    /// An instruction with the field of a symbol.
    #[inline]
    pub fn field(&mut self, tag: u8, kind: RelocationKind, symbol: u32, instruction: u32) {
        self.bytes.push(tag);
        let at = self.bytes.len() as u32;
        self.fields.push(Field { at, operand: symbol, instruction, kind, is_block: false, has_addend: false });
    }
    /// Instruction number `number`, of any form.
    pub fn push(&mut self, tag: u8, data: u32, number: u32) {
        let Self { is_64, bytes, fields, addends, extra, malformed, .. } = self;
        if malformed.is_none() {
            let code = Code { extra, ..Code::default() };
            let mut encoder = Encoder { start: 0, bytes, fields, addends };
            *malformed = walk::instruction(&code, tag, data, Kinds::new(*is_64), number as usize, &mut encoder).err();
        }
        extra.clear();
    }
}

struct Encoder<'b> {
    /// Where the function begins.
    start: usize,
    bytes: &'b mut Vec<u8>,
    fields: &'b mut Vec<Field>,
    addends: &'b mut Vec<i64>,
}

impl Encoder<'_> {
    #[inline]
    fn push(&mut self, kind: RelocationKind, operand: u32, addend: i64, instruction: usize, is_block: bool) {
        let has_addend = addend != 0;
        if has_addend {
            self.addends.push(addend);
        }
        let (at, instruction) = ((self.bytes.len() - self.start) as u32, instruction as u32);
        self.fields.push(Field { at, operand, instruction, kind, is_block, has_addend });
    }
}

impl Sink for Encoder<'_> {
    const TAKES_SHORT: bool = true;

    #[inline]
    fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }
    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
    #[inline]
    fn short(&mut self, bytes: [u8; 4], len: usize) {
        super::lower::push_first(self.bytes, bytes, len);
    }
    #[inline]
    fn unsigned(&mut self, value: u64) {
        leb::push_unsigned(self.bytes, value);
    }
    #[inline]
    fn signed(&mut self, value: i64) {
        leb::push_signed(self.bytes, value);
    }
    #[inline]
    fn field(&mut self, kind: RelocationKind, index: u32, addend: i64, instruction: usize) -> Result<(), Malformed> {
        self.push(kind, index, addend, instruction, false);
        Ok(())
    }
    fn block_type(&mut self, ty: u32, instruction: usize) -> Result<(), Malformed> {
        self.push(RelocationKind::TYPE_INDEX_LEB, ty, 0, instruction, true);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::builder::*;
    use super::super::{CodeBuffer, FunctionBuilder, tag};
    use super::*;

    /// Everything that a sink is given, as text; what is not a field, byte by byte.
    #[derive(Default, PartialEq, Debug)]
    struct Trace(Vec<u8>, Vec<(usize, RelocationKind, u32, i64, usize, bool)>);

    impl Sink for Trace {
        fn byte(&mut self, byte: u8) {
            self.0.push(byte);
        }
        fn bytes(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
        fn unsigned(&mut self, value: u64) {
            leb::push_unsigned(&mut self.0, value);
        }
        fn signed(&mut self, value: i64) {
            leb::push_signed(&mut self.0, value);
        }
        fn field(&mut self, kind: RelocationKind, index: u32, addend: i64, at: usize) -> Result<(), Malformed> {
            self.1.push((self.0.len(), kind, index, addend, at, false));
            Ok(())
        }
        fn block_type(&mut self, ty: u32, at: usize) -> Result<(), Malformed> {
            self.1.push((self.0.len(), RelocationKind::TYPE_INDEX_LEB, ty, 0, at, true));
            Ok(())
        }
    }

    #[test]
    fn a_function_comes_back_as_its_mir_is_walked() {
        let mut buffer = CodeBuffer::default();
        for addend in [0, -5] {
            let mut b = FunctionBuilder::new(&mut buffer, 1);
            let (saved, bottom) = (b.local(0x7f), b.local(0x7f));
            b.frame(Global(9), saved, bottom, 32, 4);
            b.block(tag::BLOCK, BlockType::Function(Type(3))).address(Data(4), addend).op(tag::DROP).op(tag::END);
            b.i32_const(1000).memory(tag::I32_LOAD, MemArg::symbolic(Data(2), addend, 2)).op(tag::DROP);
            b.i64_const(1 << 40).op(tag::DROP).f64_const(1.5).op(tag::DROP).local_get(Local(0)).op(tag::DROP);
            b.i32_const(0).call_indirect(tag::CALL_INDIRECT, Type(1), Some(Table(5))).call(Func(7));
            b.finish().expect("well formed");
        }
        for is_64 in [false, true] {
            let mut encoded = EncodedChunks::default();
            (0..2).for_each(|index| encoded.push(&buffer.code(index), is_64, Ok(())));
            for index in 0..2 {
                let (mut fresh, mut kept) = (Trace::default(), Trace::default());
                walk(&buffer.code(index), is_64, &mut fresh).expect("well formed");
                encoded.get(index).walk(&mut kept).expect("well formed");
                assert_eq!(fresh, kept);
            }
        }
    }

    #[test]
    fn a_malformed_function_says_so_and_spares_the_next() {
        let mut encoded = EncodedChunks::default();
        let (data, locals) = ([[0; 4]; 2], [0u8]);
        encoded.push(&Code { locals: &locals, tags: &[tag::NOP, 0x27], data: &data, ..Code::default() }, false, Ok(()));
        encoded.push(
            &Code { locals: &locals, tags: &[tag::NOP, tag::END], data: &data, ..Code::default() },
            false,
            Ok(()),
        );
        let problem = encoded.get(0).walk(&mut Trace::default()).expect_err("there is no such tag");
        assert_eq!(problem.instruction, 1);
        let mut kept = Trace::default();
        encoded.get(1).walk(&mut kept).expect("well formed");
        assert_eq!(kept.0, [0, tag::NOP, tag::END]);
    }
}
