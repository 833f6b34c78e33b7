//! The custom section `wmir`: functions as MIR in an otherwise ordinary object.
//!
//! A `.wmir` file is a relocatable object whose code section holds `unreachable` for every function, and which has this
//! section behind all others. Everything else (types, imports, symbols, data and its relocations, comdats, init functions,
//! features) is as in any object, so that archives and tools take it; only what functions do is said here. The section's
//! arrays are used where they are mapped.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | version, [`VERSION`] |
//! | 4 | 1 if addresses have 64 bits, else 0 |
//! | 8 | checksum: XXH3 of every section in front (id, size of the payload, payload) and of what follows |
//! | 4 x 5 | how many functions, instructions, extra words, frames, bytes of locals |
//! | 16 each | functions: first instruction, first extra word, first byte of locals, frame or [`NO_FRAME`] |
//! | 20 each | frames: the fields of [`Frame`] in order |
//! | 4 each | words of the instructions |
//! | 4 each | extra words |
//! | 1 each | tags |
//! | 1 each | locals |
//!
//! Words are little endian. Instructions name symbols by their index in the symbol table and types by theirs.
//!
//! So that a linker that does not know `wmir` cannot link the stubs in silence, the last segment, [`GATE_SEGMENT`], is
//! retained and refers to the last symbol, [`GATE_SYMBOL`], which nobody defines. This linker takes both away.

use super::code::{CodeBuffer, Start};
use super::{Code, Frame, Word};
use crate::object::Section;
use xxhash_rust::xxh3::Xxh3;

/// Name of the section.
pub const SECTION: &str = "wmir";
/// Name of the symbol that other linkers find undefined.
pub const GATE_SYMBOL: &str = "__wmir_object";
/// Name of the segment that refers to it.
pub const GATE_SEGMENT: &str = ".wmir_gate";
/// The version of the format.
pub const VERSION: u32 = 1;
/// Stands for a frame where there is none.
pub const NO_FRAME: u32 = u32::MAX;

const HEADER_SIZE: usize = 36;
const CHECKSUM_AT: usize = 8;
const CHECKSUM_END: usize = 16;
const FUNCTION_WORDS: usize = 4;
const FRAME_WORDS: usize = 5;

/// The section's arrays, borrowed and checked: every range that [`View::code`] takes is in bounds.
#[derive(Clone, Copy, Debug)]
pub struct View<'i> {
    /// Addresses have 64 bits.
    pub is_64: bool,
    functions: &'i [[Word; FUNCTION_WORDS]],
    frames: &'i [[Word; FRAME_WORDS]],
    data: &'i [Word],
    extra: &'i [Word],
    tags: &'i [u8],
    locals: &'i [u8],
}

impl<'i> View<'i> {
    /// Takes the payload `bytes` of the section apart. Does not look at instructions, nor at the checksum.
    ///
    /// # Errors
    /// Offset in the payload, and what is wrong there.
    pub fn parse(bytes: &'i [u8]) -> Result<Self, (usize, String)> {
        let Some((header, rest)) = bytes.split_first_chunk::<HEADER_SIZE>() else {
            return Err((0, format!("expected a header of {HEADER_SIZE} bytes, found {}", bytes.len())));
        };
        let word = |at: usize| u32::from_le_bytes(header.as_chunks::<4>().0[at]);
        if word(0) != VERSION {
            return Err((0, format!("expected version {VERSION} of the MIR format, found {}", word(0))));
        }
        if word(1) > 1 {
            return Err((4, format!("expected 0 or 1 for the width of addresses, found {}", word(1))));
        }
        let [functions, instructions, extra, frames, locals] = [4, 5, 6, 7, 8].map(|at| word(at) as usize);
        let words = functions as u64 * FUNCTION_WORDS as u64 + frames as u64 * FRAME_WORDS as u64;
        let words = words + instructions as u64 + extra as u64;
        let size = words * 4 + instructions as u64 + locals as u64;
        if size != rest.len() as u64 {
            return Err((16, format!("expected {size} bytes behind the header, found {}", rest.len())));
        }
        let (words, bytes) = rest.split_at(words as usize * 4);
        let words = words.as_chunks::<4>().0;
        let (function_words, words) = words.split_at(functions * FUNCTION_WORDS);
        let (frame_words, words) = words.split_at(frames * FRAME_WORDS);
        let (data, extra) = words.split_at(instructions);
        let (tags, locals) = bytes.split_at(instructions);
        let (functions, frames) = (function_words.as_chunks().0, frame_words.as_chunks().0);
        let view = Self { is_64: word(1) == 1, functions, frames, data, extra, tags, locals };
        view.check_ranges()?;
        Ok(view)
    }

    fn check_ranges(&self) -> Result<(), (usize, String)> {
        let mut last = Start::default();
        let sizes = [self.tags.len(), self.extra.len(), self.locals.len()].map(|size| size as u64);
        for index in 0..=self.functions.len() {
            let start = self.start(index);
            let rises = start.tags >= last.tags && start.extra >= last.extra && start.locals >= last.locals;
            let [tags, extra, locals] = [start.tags, start.extra, start.locals].map(u64::from);
            if !rises || tags > sizes[0] || extra > sizes[1] || locals > sizes[2] {
                let at = HEADER_SIZE + index * FUNCTION_WORDS * 4;
                return Err((at, format!("function {index} does not begin behind the one in front of it")));
            }
            let frame = self.functions.get(index).map_or(NO_FRAME, |function| u32::from_le_bytes(function[3]));
            if frame != NO_FRAME && frame as usize >= self.frames.len() {
                let (at, count) = (HEADER_SIZE + index * FUNCTION_WORDS * 4 + 12, self.frames.len());
                return Err((at, format!("expected one of {count} frames, found {frame}")));
            }
            last = start;
        }
        Ok(())
    }

    /// How many functions there are.
    pub fn len(&self) -> usize {
        self.functions.len()
    }
    /// Whether there is no function.
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty()
    }
    /// Where function `index`, or what is behind the last one, begins.
    #[inline]
    fn start(&self, index: usize) -> Start {
        match self.functions.get(index) {
            Some(function) => {
                let [tags, extra, locals, _] = function.map(u32::from_le_bytes);
                Start { tags, extra, locals }
            }
            None => {
                Start { tags: self.tags.len() as u32, extra: self.extra.len() as u32, locals: self.locals.len() as u32 }
            }
        }
    }
    /// Function number `index`.
    #[inline]
    pub fn code(&self, index: usize) -> Code<'i> {
        let (start, end) = (self.start(index), self.start(index + 1));
        let frame = u32::from_le_bytes(self.functions[index][3]);
        Code {
            locals: &self.locals[start.locals as usize..end.locals as usize],
            frame: (frame != NO_FRAME).then(|| {
                let [stack_pointer, saved_local, bottom_local, size, alignment] =
                    self.frames[frame as usize].map(u32::from_le_bytes);
                Frame { stack_pointer, saved_local, bottom_local, size, alignment }
            }),
            tags: &self.tags[start.tags as usize..end.tags as usize],
            data: &self.data[start.tags as usize..end.tags as usize],
            extra: &self.extra[start.extra as usize..end.extra as usize],
        }
    }
}

/// The section's payload for `buffer`, behind the sections `before`.
pub fn encode<'s>(buffer: &CodeBuffer, is_64: bool, before: impl Iterator<Item = (u8, &'s [u8])>) -> Vec<u8> {
    let frames: Vec<&Frame> = buffer.frames.iter().flatten().collect();
    let mut out = Vec::new();
    let mut push = |word: u32| out.extend_from_slice(&word.to_le_bytes());
    [VERSION, is_64 as u32, 0, 0].into_iter().for_each(&mut push);
    let counts = [buffer.len(), buffer.tags.len(), buffer.extra.len(), frames.len(), buffer.locals.len()];
    counts.into_iter().for_each(|count| push(count as u32));
    let mut next_frame = 0;
    for (start, frame) in buffer.starts.iter().zip(&buffer.frames) {
        let frame = frame.map_or(NO_FRAME, |_| {
            next_frame += 1;
            next_frame - 1
        });
        [start.tags, start.extra, start.locals, frame].into_iter().for_each(&mut push);
    }
    for frame in frames {
        let words = [frame.stack_pointer, frame.saved_local, frame.bottom_local, frame.size, frame.alignment];
        words.into_iter().for_each(&mut push);
    }
    out.extend_from_slice(buffer.data.as_flattened());
    out.extend_from_slice(buffer.extra.as_flattened());
    out.extend_from_slice(&buffer.tags);
    out.extend_from_slice(&buffer.locals);
    let checksum = checksum(before, &out);
    out[CHECKSUM_AT..CHECKSUM_END].copy_from_slice(&checksum.to_le_bytes());
    out
}

/// Whether the checksum in `payload` is that of the sections in front of it and its own.
pub fn is_intact<'s>(before: impl Iterator<Item = (u8, &'s [u8])>, payload: &[u8]) -> bool {
    payload.get(CHECKSUM_AT..CHECKSUM_END) == Some(&checksum(before, payload).to_le_bytes())
}

/// What the checksum covers of the sections in front: id and everything behind the size field.
pub fn covered<'s>(sections: impl Iterator<Item = Section<'s>>) -> impl Iterator<Item = (u8, &'s [u8])> {
    let sections = sections.take_while(|section| section.name != SECTION);
    sections.flat_map(|section| [(section.id, section.name.as_bytes()), (section.id, section.bytes)])
}

fn checksum<'s>(before: impl Iterator<Item = (u8, &'s [u8])>, payload: &[u8]) -> u64 {
    let mut hash = Xxh3::new();
    for (id, bytes) in before {
        hash.update(&[id]);
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    hash.update(&payload[..CHECKSUM_AT.min(payload.len())]);
    hash.update(payload.get(CHECKSUM_END..).unwrap_or(&[]));
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::super::{FunctionBuilder, builder::*, tag};
    use super::*;

    fn example() -> CodeBuffer {
        let mut buffer = CodeBuffer::default();
        for value in [1, 1 << 40] {
            let mut b = FunctionBuilder::new(&mut buffer, 0);
            let (saved, bottom) = (b.local(0x7f), b.local(0x7f));
            if value > 1 {
                b.frame(Global(1), saved, bottom, 16, 4);
            }
            b.i64_const(value).op(tag::DROP).call(Func(3));
            b.finish().expect("well formed");
        }
        buffer
    }

    #[test]
    fn what_was_encoded_comes_back() {
        let buffer = example();
        let bytes = encode(&buffer, true, [(1, &b"types"[..])].into_iter());
        let view = View::parse(&bytes).expect("parses");
        assert!(view.is_64 && view.len() == 2);
        for index in 0..2 {
            let (a, b) = (view.code(index), buffer.code(index));
            assert_eq!((a.tags, a.data, a.extra, a.locals, a.frame), (b.tags, b.data, b.extra, b.locals, b.frame));
        }
    }

    #[test]
    fn every_flipped_byte_is_found() {
        let before = || [(1, &b"types"[..])].into_iter();
        let bytes = encode(&example(), false, before());
        assert!(is_intact(before(), &bytes));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x20;
            assert!(!is_intact(before(), &damaged), "byte {at}");
            let _ = View::parse(&damaged).map(|view| (0..view.len()).for_each(|index| _ = view.code(index)));
        }
        assert!(!is_intact([(1, &b"typez"[..])].into_iter(), &bytes));
        (0..bytes.len()).for_each(|len| assert!(View::parse(&bytes[..len]).is_err()));
    }

    #[test]
    fn counts_that_overflow_are_refused() {
        let mut bytes = encode(&example(), false, std::iter::empty());
        bytes[16..36].fill(0xff);
        let (at, message) = View::parse(&bytes).expect_err("too large");
        assert_eq!((at, message.starts_with("expected 197568495570 bytes")), (16, true), "{message}");
    }
}
