//! Where lowered bodies go: one buffer per task, so that functions are lowered concurrently without a lock.

use crate::leb;
use std::ops::Range;

/// Bytes reserved for a body's size.
const SIZE_SLOT: usize = leb::PADDED_32;

/// Bodies behind one another. A body's size is not known until it is written: a slot is reserved for it and patched
/// right-aligned, so that the bytes behind it never move.
#[derive(Debug, Default)]
pub struct CodegenBuffer {
    bytes: Vec<u8>,
    bodies: Vec<Range<usize>>,
}

impl CodegenBuffer {
    /// An empty buffer with room for some bodies and bytes.
    pub fn with_capacity(bodies: usize, bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), bodies: Vec::with_capacity(bodies) }
    }
    /// Appends a body that `write` produces; its minimal size field comes in front of it.
    pub fn body(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let slot = self.bytes.len();
        self.bytes.resize(slot + SIZE_SLOT, 0);
        write(&mut self.bytes);
        let end = self.bytes.len();
        let size = (end - slot - SIZE_SLOT) as u64;
        let width = leb::unsigned_size(size);
        let start = slot + SIZE_SLOT - width;
        leb::write_unsigned_padded(&mut self.bytes[start..slot + SIZE_SLOT], size);
        self.bodies.push(start..end);
    }
    /// Appends a body of `size` bytes, its size field included, that `write` puts where it is told.
    pub fn encoded(&mut self, size: usize, write: impl FnOnce(&mut [u8])) {
        let start = self.bytes.len();
        self.bytes.resize(start + size, 0);
        write(&mut self.bytes[start..]);
        self.bodies.push(start..start + size);
    }
    /// The encoded body number `index`, size field included.
    pub fn get(&self, index: usize) -> &[u8] {
        &self.bytes[self.bodies[index].clone()]
    }
    /// The sizes of all bodies, size fields included.
    pub fn sizes(&self) -> impl Iterator<Item = usize> + '_ {
        self.bodies.iter().map(Range::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_field_is_minimal_and_touches_its_body() {
        let mut buffer = CodegenBuffer::default();
        buffer.body(|out| out.extend([1, 2, 3]));
        buffer.body(|out| out.resize(out.len() + 200, 7));
        assert_eq!(buffer.get(0), [3, 1, 2, 3]);
        assert_eq!(&buffer.get(1)[..3], [0xc8, 0x01, 7]);
        assert_eq!(buffer.sizes().collect::<Vec<_>>(), [4, 202]);
    }
}
