//! Functions as arrays: what a compiler hands over, and what lies in a `.wmir` file.

use super::Malformed;

/// 32 bits, little endian, as they lie in a file: an array of them is used where it is mapped.
pub type Word = [u8; 4];

/// A function's part of the stack in linear memory. Lowering puts the prologue that reserves it in front of the
/// function's instructions; what gives it back is up to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Symbol of `__stack_pointer`.
    pub stack_pointer: u32,
    /// Local of pointer type that keeps the stack pointer of the caller.
    pub saved_local: u32,
    /// Local of pointer type that gets the frame's lowest address.
    pub bottom_local: u32,
    /// Bytes, before they are rounded up to the alignment.
    pub size: u32,
    /// Alignment as a power of two, at most [`FRAME_ALIGNMENT_MAX`].
    pub alignment: u32,
}

/// The largest alignment of a frame, as a power of two.
pub const FRAME_ALIGNMENT_MAX: u32 = 30;

/// A function: struct of arrays, borrowed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Code<'m> {
    /// Locals behind the parameters, in the encoding of the code section: how many runs; of each run its length and value
    /// type. Spec: WebAssembly core, "Code Section".
    pub locals: &'m [u8],
    /// Its frame, if it has one.
    pub frame: Option<Frame>,
    /// One tag ([`super::tag`]) for each instruction, the final `end` included.
    pub tags: &'m [u8],
    /// One word for each instruction; the tag says what it is.
    pub data: &'m [Word],
    /// Further words, which instructions refer to by their index.
    pub extra: &'m [Word],
}

impl<'m> Code<'m> {
    /// A cursor over extra.
    #[inline]
    pub(super) fn extra_at(&self, at: u32, instruction: usize) -> Cursor<'m> {
        Cursor { words: self.extra.get(at as usize..).unwrap_or(&[]), instruction }
    }
}

/// Reads words one after the other.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'m> {
    words: &'m [Word],
    instruction: usize,
}

impl<'m> Cursor<'m> {
    /// The next word.
    #[inline]
    pub fn word(&mut self) -> Result<u32, Malformed> {
        let (&word, rest) = self.words.split_first().ok_or_else(|| self.short())?;
        self.words = rest;
        Ok(u32::from_le_bytes(word))
    }
    /// The next two words, the low one first.
    #[inline]
    pub fn pair(&mut self) -> Result<u64, Malformed> {
        let low = self.word()? as u64;
        Ok(low | (self.word()? as u64) << 32)
    }
    /// The next `count` words.
    #[inline]
    pub fn words(&mut self, count: usize) -> Result<&'m [Word], Malformed> {
        let (words, rest) = self.words.split_at_checked(count).ok_or_else(|| self.short())?;
        self.words = rest;
        Ok(words)
    }
    /// The next `count` bytes, which fill up whole words.
    #[inline]
    pub fn bytes(&mut self, count: u32) -> Result<&'m [u8], Malformed> {
        let count = count as usize;
        Ok(&self.words(count.div_ceil(4))?.as_flattened()[..count])
    }
    #[cold]
    fn short(&self) -> Malformed {
        Malformed { instruction: self.instruction, problem: "its operands end behind the last extra word" }
    }
}

/// Where a function begins in the arrays of its buffer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Start {
    /// First instruction.
    pub tags: u32,
    /// First extra word.
    pub extra: u32,
    /// First byte of the locals.
    pub locals: u32,
}

/// What builders use one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    /// Locals: how many of which type.
    pub runs: Vec<(u32, u8)>,
    /// Open blocks, the function's own included: whether each is an `if` whose `else` may come.
    pub blocks: Vec<bool>,
}

/// Functions behind one another in arrays that one producer owns.
#[derive(Clone, Debug, Default)]
pub struct CodeBuffer {
    /// Tags of all functions.
    pub tags: Vec<u8>,
    /// Words of all instructions.
    pub data: Vec<Word>,
    /// Extra words of all functions; instructions count in those of their function.
    pub extra: Vec<Word>,
    /// Locals of all functions.
    pub locals: Vec<u8>,
    /// Frames of all functions.
    pub frames: Vec<Option<Frame>>,
    /// Where each function begins.
    pub starts: Vec<Start>,
    pub(super) scratch: Scratch,
}

impl CodeBuffer {
    /// Takes all functions out.
    pub fn clear(&mut self) {
        self.tags.clear();
        self.data.clear();
        self.extra.clear();
        self.locals.clear();
        self.frames.clear();
        self.starts.clear();
    }
    /// How many functions there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }
    /// Whether there is no function.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }
    /// Where a function that is appended now begins.
    pub fn end(&self) -> Start {
        Start { tags: self.tags.len() as u32, extra: self.extra.len() as u32, locals: self.locals.len() as u32 }
    }
    /// Function number `index`.
    #[inline]
    pub fn code(&self, index: usize) -> Code<'_> {
        let start = self.starts[index];
        let end = self.starts.get(index + 1).copied().unwrap_or_else(|| self.end());
        Code {
            locals: &self.locals[start.locals as usize..end.locals as usize],
            frame: self.frames[index],
            tags: &self.tags[start.tags as usize..end.tags as usize],
            data: &self.data[start.tags as usize..end.tags as usize],
            extra: &self.extra[start.extra as usize..end.extra as usize],
        }
    }
    /// Appends a function.
    pub fn push(&mut self, code: Code) {
        self.starts.push(self.end());
        self.tags.extend_from_slice(code.tags);
        self.data.extend_from_slice(code.data);
        self.extra.extend_from_slice(code.extra);
        self.locals.extend_from_slice(code.locals);
        self.frames.push(code.frame);
    }
}
