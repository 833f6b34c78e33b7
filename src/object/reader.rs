//! A checked cursor over the bytes of a section: every failure names file, section and offset.

use super::section::NameAt;
use crate::diagnostic::{Diagnostic, Site};
use crate::leb;
use wasmparser::BinaryReader;

/// A cursor over the payload of one section of the file `file`.
///
/// The `what` parameters complete the message "expected ..." and are read only on failure.
#[derive(Clone)]
pub struct Reader<'i, 'n> {
    bytes: &'i [u8],
    position: usize,
    /// Offset of `bytes` from the start of the file.
    base: usize,
    file: &'n str,
    section: &'n str,
}

impl<'i, 'n> Reader<'i, 'n> {
    /// A cursor at the start of `bytes`, which lie `base` bytes behind the start of the file.
    pub fn new(file: &'n str, section: &'n str, bytes: &'i [u8], base: usize) -> Self {
        Self { bytes, position: 0, base, file, section }
    }
    /// The bytes that this cursor runs over.
    pub fn bytes(&self) -> &'i [u8] {
        self.bytes
    }
    /// Bytes before the cursor.
    #[inline]
    pub fn position(&self) -> usize {
        self.position
    }
    /// Where in the file the cursor stands. Objects are smaller than 4 GiB.
    #[inline]
    pub fn place(&self) -> NameAt {
        self.place_of(self.position)
    }
    /// Where in the file `position` is.
    #[inline]
    pub fn place_of(&self, position: usize) -> NameAt {
        NameAt((self.base + position) as u32)
    }
    /// Bytes behind the cursor.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }
    /// Moves the cursor; `position` is at most the number of bytes.
    pub fn seek(&mut self, position: usize) {
        self.position = position.min(self.bytes.len());
    }
    /// The error `message` about the byte at `position`.
    #[cold]
    pub fn error_at(&self, position: usize, message: impl Into<String>) -> Diagnostic {
        let offset = (self.base + position) as u64;
        let site = Site { file: self.file.to_owned(), section: self.section.to_owned(), offset };
        Diagnostic::malformed(site, message)
    }
    /// The error `message` about the next byte.
    #[cold]
    pub fn error(&self, message: impl Into<String>) -> Diagnostic {
        self.error_at(self.position, message)
    }
    /// Reads one byte.
    #[inline]
    pub fn byte(&mut self, what: &str) -> Result<u8, Diagnostic> {
        let Some(&byte) = self.bytes.get(self.position) else {
            return Err(self.error(format!("expected {what}, found the end of the section")));
        };
        self.position += 1;
        Ok(byte)
    }
    /// Reads an unsigned 32-bit LEB of at most five bytes.
    #[inline]
    pub fn u32(&mut self, what: &str) -> Result<u32, Diagnostic> {
        let start = self.position;
        match self.bytes.get(start..) {
            Some(&[byte @ 0..0x80, ..]) => {
                self.position += 1;
                Ok(byte as u32)
            }
            Some(&[low, high @ 0..0x80, ..]) => {
                self.position += 2;
                Ok((low & 0x7f) as u32 | (high as u32) << 7)
            }
            _ => self.long_u32(what),
        }
    }
    /// What [`Self::u32`] does, for integers of any length.
    #[inline(never)]
    fn long_u32(&mut self, what: &str) -> Result<u32, Diagnostic> {
        let start = self.position;
        if let Some(&[ref low @ .., high]) = self.bytes[start..].first_chunk::<{ leb::PADDED_32 }>()
            && let low = u32::from_le_bytes(*low)
            && low & 0x8080_8080 == 0x8080_8080
            && high < 0x10
        {
            // Sizes of sections, which compilers know only afterwards.
            self.position += leb::PADDED_32;
            let group = |i: u32| low >> i & 0x7f << (7 * i);
            return Ok(group(0) | group(1) | group(2) | group(3) | (high as u32) << 28);
        }
        match leb::read_u32(self.bytes, &mut self.position) {
            Ok(value) if self.position - start <= leb::PADDED_32 => Ok(value),
            result => Err(self.bad_integer(start, what, result.err().unwrap_or(leb::LebError::TooLarge))),
        }
    }
    /// Reads an unsigned 64-bit LEB.
    #[inline]
    pub fn u64(&mut self, what: &str) -> Result<u64, Diagnostic> {
        let start = self.position;
        leb::read_u64(self.bytes, &mut self.position).map_err(|error| self.bad_integer(start, what, error))
    }
    #[cold]
    fn bad_integer(&self, start: usize, what: &str, error: leb::LebError) -> Diagnostic {
        self.error_at(start, format!("expected {what}: {error}"))
    }
    /// Reads the number of entries that follow, each of at least `size_min` bytes.
    ///
    /// # Errors
    /// If the rest of the section is too short for that many: so the count is safe to allocate for.
    #[inline(always)]
    pub fn count(&mut self, what: &str, size_min: usize) -> Result<u32, Diagnostic> {
        let start = self.position;
        let count = self.u32(what)?;
        if count as usize > self.remaining() / size_min {
            return Err(self.error_at(start, format!("expected {what}, found {count}, more than the section can hold")));
        }
        Ok(count)
    }
    /// Takes `length` bytes.
    #[inline]
    pub fn take(&mut self, length: usize, what: &str) -> Result<&'i [u8], Diagnostic> {
        if length > self.remaining() {
            let left = self.remaining();
            return Err(self.error(format!("expected {what} of {length} bytes, found only {left}")));
        }
        let start = self.position;
        self.position += length;
        Ok(&self.bytes[start..self.position])
    }
    /// Reads a string and checks it, for those who need no more than its bytes: see [`Self::string`].
    #[inline]
    pub fn name(&mut self, what: &str) -> Result<&'i [u8], Diagnostic> {
        let bytes = self.counted(what)?;
        let start = self.position - bytes.len();
        if !is_ascii(self.bytes, start, bytes.len()) {
            self.text(bytes, start, what)?;
        }
        Ok(bytes)
    }
    /// Where the string at `position` ends, if it is known to be good: that it is ASCII and not next to the end.
    #[inline]
    pub fn end_of_ascii(&self, position: usize) -> Option<usize> {
        let (length, width) = leb::short_at(self.bytes, position)?;
        let (start, length) = (position + width, length as usize);
        is_ascii(self.bytes, start, length).then_some(start + length)
    }
    /// Reads a string: its length, then UTF-8.
    #[inline]
    pub fn string(&mut self, what: &str) -> Result<&'i str, Diagnostic> {
        let bytes = self.counted(what)?;
        self.text(bytes, self.position - bytes.len(), what)
    }
    /// Reads the bytes of a string: its length, then them. [`Self::text`] checks them.
    #[inline(always)]
    pub fn counted(&mut self, what: &str) -> Result<&'i [u8], Diagnostic> {
        let length = self.u32(what)? as usize;
        self.take(length, what)
    }
    /// The string that `bytes` are, which stand at `start`.
    #[inline]
    pub fn text(&self, bytes: &'i [u8], start: usize, what: &str) -> Result<&'i str, Diagnostic> {
        match str::from_utf8(bytes) {
            Ok(text) => Ok(text),
            Err(error) => Err(self.error_at(start + error.valid_up_to(), format!("expected {what} to be UTF-8"))),
        }
    }
    /// Moves behind a string if it is `text`, which has been read before and so need not be checked again.
    #[inline]
    pub fn skip_string(&mut self, text: &[u8]) -> bool {
        let is_next = match self.bytes[self.position..].split_first() {
            Some((&length, rest)) => {
                length > 0 && length < 0x80 && length as usize == text.len() && rest.starts_with(text)
            }
            None => false,
        };
        self.position += if is_next { 1 + text.len() } else { 0 };
        is_next
    }
    /// Moves behind the next byte if it is `byte`.
    #[inline]
    pub fn skip_byte(&mut self, byte: u8) -> bool {
        let is_next = self.bytes.get(self.position) == Some(&byte);
        self.position += usize::from(is_next);
        is_next
    }
    /// A cursor over the next `length` bytes; this one moves behind them.
    pub fn part(&mut self, length: usize, what: &str) -> Result<Reader<'i, 'n>, Diagnostic> {
        let base = self.base + self.position;
        let bytes = self.take(length, what)?;
        Ok(Reader { bytes, position: 0, base, ..*self })
    }
    /// Checks that nothing is left.
    pub fn finish(&self, what: &str) -> Result<(), Diagnostic> {
        match self.remaining() {
            0 => Ok(()),
            left => Err(self.error(format!("expected the end of {what}, found {left} more bytes"))),
        }
    }
    /// The `wasmparser` reader of the bytes behind the cursor; its offsets count from the start of the file.
    pub fn parser(&self) -> BinaryReader<'i> {
        BinaryReader::new(&self.bytes[self.position..], (self.base + self.position) as u64)
    }
    /// Moves the cursor to where `parser`, which came from [`Self::parser`], stands.
    pub fn resume(&mut self, parser: &BinaryReader<'i>) {
        self.seek(self.position_of(parser.original_position()));
    }
    /// The bytes that `parser`, which came from [`Self::parser`] or a part of it, runs over.
    pub fn bytes_of(&self, parser: &BinaryReader<'i>) -> &'i [u8] {
        let range = parser.range();
        self.bytes.get(self.position_of(range.start)..self.position_of(range.end)).unwrap_or_default()
    }
    /// The position in this section of an offset in the file.
    pub fn position_of(&self, offset: u64) -> usize {
        usize::try_from(offset).unwrap_or(usize::MAX).saturating_sub(self.base)
    }
    /// Turns an error of `wasmparser` into a diagnostic.
    pub fn lift<T>(&self, result: wasmparser::Result<T>) -> Result<T, Diagnostic> {
        result.map_err(|error| self.error_at(self.position_of(error.offset()), error.message()))
    }
}

/// Whether the `length` bytes at `start` are known to be ASCII. Looks at them eight at a time, which is why the answer is
/// no for the last ones of `bytes`, whatever they are.
#[inline]
pub(super) fn is_ascii(bytes: &[u8], start: usize, length: usize) -> bool {
    const NOT_ASCII: u64 = 0x8080_8080_8080_8080;
    let words = bytes.get(start..start.saturating_add((length | 7) + 1)).unwrap_or_default();
    let Some((last, words)) = words.as_chunks::<8>().0.split_last() else { return false };
    // None to seven bytes of the last word are of the string.
    let last = u64::from_le_bytes(*last) & !(u64::MAX << (8 * (length & 7)));
    words.iter().fold(last, |all, word| all | u64::from_le_bytes(*word)) & NOT_ASCII == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(bytes: &[u8]) -> Reader<'_, 'static> {
        Reader::new("a.o", "CODE", bytes, 0x100)
    }

    #[test]
    fn integers_have_at_most_five_bytes() {
        assert_eq!(reader(&[0xff, 0xff, 0xff, 0xff, 0x0f]).u32("n").unwrap(), u32::MAX);
        for bytes in [&[0xff, 0xff, 0xff, 0xff, 0x1f][..], &[0x80, 0x80, 0x80, 0x80, 0x80, 0][..]] {
            let error = reader(bytes).u32("a size").unwrap_err();
            assert_eq!(error.to_string(), "a.o:(CODE+0x100): expected a size: LEB128 integer is too large");
        }
    }

    #[test]
    fn counts_are_checked_against_the_bytes_that_are_left() {
        assert_eq!(reader(&[2, 0, 0, 0, 0]).count("entries", 2).unwrap(), 2);
        let error = reader(&[3, 0, 0, 0, 0]).count("a number of entries", 2).unwrap_err();
        let text = "a.o:(CODE+0x100): expected a number of entries, found 3, more than the section can hold";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn strings_must_be_whole_and_utf8() {
        assert_eq!(reader(&[2, b'h', b'i']).string("a name").unwrap(), "hi");
        let error = reader(&[3, b'h', b'i']).string("a name").unwrap_err();
        assert_eq!(error.to_string(), "a.o:(CODE+0x101): expected a name of 3 bytes, found only 2");
        let error = reader(&[2, b'h', 0xff]).string("a name").unwrap_err();
        assert_eq!(error.to_string(), "a.o:(CODE+0x102): expected a name to be UTF-8");
    }

    #[test]
    fn names_are_checked_wherever_they_stand() {
        for length in 0..40 {
            for bad in 0..=length {
                let mut bytes = vec![b'x'; length + 30];
                (bytes[0], bytes[bad + 1]) = (length as u8, 0xff);
                for end in [length + 1, length + 2, length + 30] {
                    let name = reader(&bytes[..end.max(bad + 2)]).name("a name").map(<[u8]>::len);
                    assert_eq!(name.ok(), (bad == length).then_some(length), "{length} {bad} {end}");
                }
            }
        }
        assert_eq!(reader(&[2, 0xc3, 0xa4]).name("a name").unwrap(), "\u{e4}".as_bytes());
    }

    #[test]
    fn what_comes_again_is_skipped() {
        let mut reader = reader(&[2, b'h', b'i', 3, b'h', b'i', b'o']);
        assert!(!reader.skip_string(b"") && !reader.skip_string(b"h") && !reader.skip_byte(3));
        assert!(reader.skip_string(b"hi") && !reader.skip_string(b"hi") && reader.skip_byte(3));
        reader.seek(7);
        assert!(!reader.skip_string(b"hi") && !reader.skip_byte(0));
        assert_eq!(reader.position(), 7);
    }

    #[test]
    fn parts_know_their_place_in_the_file() {
        let bytes = [9, 9, 1, 0x80];
        let mut whole = reader(&bytes);
        whole.seek(2);
        let mut part = whole.part(2, "a part").unwrap();
        part.byte("x").unwrap();
        assert_eq!(part.error("no").to_string(), "a.o:(CODE+0x103): no");
        assert!(whole.finish("it").is_ok());
        let mut parser = part.parser();
        let error = part.lift(parser.read_var_u32()).unwrap_err();
        assert!(error.to_string().starts_with("a.o:(CODE+0x10"), "{error}");
    }
}
