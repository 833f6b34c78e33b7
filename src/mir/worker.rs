//! A thread's side of a module: it fills its own buffers, without a lock, and hands them over whole.

use super::builder::{Data, Encoding, Func, FunctionBuilder};
use super::code::Code;
use super::encoded::{Draft, Encoded, EncodedChunks};
use super::module::Module;
use super::{BuildError, Malformed};
use crate::object::check_locals;
use std::collections::HashMap;

/// In an operand: the symbol is an unnamed value of the buffer that the function lies in.
pub(crate) const UNNAMED: u32 = 1 << 30;

/// What a pointer in data points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FixupTarget {
    /// The address of data, and what is added to it.
    Data(Data, i64),
    /// The table slot of a function.
    Func(Func),
}

/// A pointer in data, as wide as addresses are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fixup {
    /// Where it lies, in bytes from the start of the data.
    pub offset: u32,
    /// What it points at.
    pub target: FixupTarget,
}

impl Fixup {
    /// A pointer to the byte `addend` behind the start of `data`.
    pub const fn data(offset: u32, data: Data, addend: i64) -> Self {
        Self { offset, target: FixupTarget::Data(data, addend) }
    }
    /// A pointer to a function.
    pub const fn func(offset: u32, func: Func) -> Self {
        Self { offset, target: FixupTarget::Func(func) }
    }
}

/// The bytes of data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Payload {
    /// Alignment as a power of two.
    pub alignment: u32,
    /// Bytes.
    pub size: u64,
    /// Where they lie in the buffer; nowhere if all are zero and nothing is fixed up.
    pub start: Option<usize>,
    /// Where its fixups lie in the buffer.
    pub fixups: std::ops::Range<usize>,
}

/// What one worker has made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffer {
    /// Functions.
    code: EncodedChunks,
    /// The declaration that each function of `code` defines.
    pub functions: Vec<u32>,
    pub bytes: Vec<u8>,
    pub fixups: Vec<Fixup>,
    /// Declaration and payload of each defined data.
    pub data: Vec<(u32, Payload)>,
    pub unnamed: Vec<Payload>,
}

impl Buffer {
    /// Function number `index`.
    #[inline]
    pub fn function(&self, index: usize) -> Encoded<'_> {
        self.code.get(index)
    }
    /// Appends a function that defines declaration `declaration`.
    fn push(&mut self, declaration: u32, code: &Code, is_64: bool, locals: Result<(), Malformed>) {
        self.code.push(code, is_64, locals);
        self.functions.push(declaration);
    }
    /// The bytes of `payload`, unless all are zero.
    pub fn bytes(&self, payload: &Payload) -> Option<&[u8]> {
        payload.start.map(|start| &self.bytes[start..start + payload.size as usize])
    }
    /// The pointers in `payload`.
    pub fn fixups(&self, payload: &Payload) -> &[Fixup] {
        &self.fixups[payload.fixups.clone()]
    }

    /// Functions, the declarations that they define, and unnamed values, all of which one function adds to.
    fn split<'b>(&'b mut self, known: &'b mut Known) -> (&'b mut EncodedChunks, &'b mut Vec<u32>, Unnamed<'b>) {
        let Self { code, functions, unnamed: list, bytes, fixups, .. } = self;
        (code, functions, Unnamed { payloads: Payloads { bytes, fixups }, list, known })
    }
    fn payloads(&mut self) -> Payloads<'_> {
        Payloads { bytes: &mut self.bytes, fixups: &mut self.fixups }
    }
}

/// Where payloads are appended.
#[derive(Debug)]
struct Payloads<'b> {
    bytes: &'b mut Vec<u8>,
    fixups: &'b mut Vec<Fixup>,
}

impl Payloads<'_> {
    fn add(&mut self, bytes: &[u8], alignment: u32, fixups: &[Fixup]) -> Payload {
        let first = self.fixups.len();
        self.fixups.extend_from_slice(fixups);
        self.fixups[first..].sort_unstable();
        let is_zero = fixups.is_empty() && bytes.iter().all(|&byte| byte == 0);
        let start = (!is_zero).then_some(self.bytes.len());
        if !is_zero {
            self.bytes.extend_from_slice(bytes);
        }
        Payload { alignment, size: bytes.len() as u64, start, fixups: first..self.fixups.len() }
    }
}

/// Unnamed values by content: bytes, alignment, pointers.
type Known = HashMap<(Vec<u8>, u32, Vec<Fixup>), u32>;

/// A worker's unnamed values, apart from its functions: what a function under construction adds to.
#[derive(Debug)]
pub(super) struct Unnamed<'b> {
    payloads: Payloads<'b>,
    list: &'b mut Vec<Payload>,
    known: &'b mut Known,
}

impl Unnamed<'_> {
    pub fn add(&mut self, bytes: &[u8], alignment: u32, fixups: &[Fixup]) -> Data {
        let key = (bytes.to_vec(), alignment, fixups.to_vec());
        let next = self.list.len() as u32;
        let index = *self.known.entry(key).or_insert(next);
        if index == next {
            self.list.push(self.payloads.add(bytes, alignment, fixups));
        }
        Data(UNNAMED | index)
    }
}

/// Defines functions and data of a module, from one thread; any number of workers may be at work at once.
///
/// What it made is handed over when it is dropped.
#[derive(Debug)]
pub struct Worker<'m> {
    module: &'m Module,
    replaces: bool,
    buffer: Buffer,
    known: Known,
    /// The function under construction.
    draft: Draft,
    /// How many parameters each function has that was declared when this was last looked at.
    parameters: Vec<u32>,
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        if !buffer.functions.is_empty() || !buffer.data.is_empty() {
            self.module.hand_over(buffer, self.replaces);
        }
    }
}

impl<'m> Worker<'m> {
    pub(super) fn new(module: &'m Module, replaces: bool) -> Self {
        let (buffer, draft) = (Buffer::default(), Draft::new(module.is_64()));
        Self { module, replaces, buffer, known: Known::new(), draft, parameters: Vec::new() }
    }

    /// Defines `func` with what `build` gives the builder.
    ///
    /// # Errors
    /// The first slip of `build`.
    pub fn func(&mut self, func: Func, build: impl FnOnce(&mut FunctionBuilder<'_>)) -> Result<(), BuildError> {
        if func.0 as usize >= self.parameters.len() && !self.replaces {
            self.module.add_parameter_counts(&mut self.parameters);
        }
        let known = self.parameters.get(func.0 as usize).copied();
        let parameters = known.unwrap_or_else(|| self.module.parameter_count(func));
        let (code, functions, unnamed) = self.buffer.split(&mut self.known);
        let encoding = Encoding { draft: &mut self.draft, buffer: code, unnamed };
        let mut builder = FunctionBuilder::encoding(encoding, parameters);
        build(&mut builder);
        builder.finish()?;
        functions.push(func.0);
        Ok(())
    }
    /// Defines `func` with arrays that the compiler has filled itself. They are checked when the module is linked.
    ///
    /// # Panics
    /// If there are not as many words as tags.
    pub fn func_mir(&mut self, func: Func, code: Code) {
        assert_eq!(code.tags.len(), code.data.len(), "an instruction has a tag and a word");
        self.buffer.push(func.0, &code, self.module.is_64(), check_locals(code.locals));
    }
    /// Defines `data`: its bytes, its alignment as a power of two, and the pointers in it.
    pub fn data(&mut self, data: Data, bytes: &[u8], alignment: u32, fixups: &[Fixup]) {
        let payload = self.buffer.payloads().add(bytes, alignment, fixups);
        self.buffer.data.push((data.0, payload));
    }
    /// Defines `data` as `size` zeros.
    pub fn zeros(&mut self, data: Data, size: u64, alignment: u32) {
        let end = self.buffer.fixups.len();
        let payload = Payload { alignment, size, start: None, fixups: end..end };
        self.buffer.data.push((data.0, payload));
    }
    /// An unnamed constant value: functions and data of this worker may refer to it. Equal values of a session are one.
    pub fn unnamed(&mut self, bytes: &[u8], alignment: u32, fixups: &[Fixup]) -> Data {
        let (_, _, mut all) = self.buffer.split(&mut self.known);
        all.add(bytes, alignment, fixups)
    }
}
