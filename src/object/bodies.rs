//! The function bodies of one object, in as little memory as can be: a large link has millions.

/// A function body, size field included, as it lies in the code section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body {
    /// Offset of the size field from the start of the code section's payload.
    pub offset: u32,
    /// Bytes, size field included.
    pub size: u32,
    /// Bytes of the size field: the locals begin there.
    pub size_width: u32,
    /// Where its relocations begin in the bytes of `reloc.CODE`'s entries.
    pub relocations: u32,
    /// Where they end.
    pub relocations_end: u32,
}

/// Where something ends that begins where the one in front of it ends.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    body: u32,
    relocations: u32,
}

/// The bodies of one object in order, one entry for each defined function. They lie one behind the other, and so do their
/// relocations.
#[derive(Debug, Default)]
pub struct Bodies {
    /// Offset of the first.
    start: u32,
    ends: Vec<End>,
    /// Bytes of each size field, if any is not as short as can be, else none.
    widths: Vec<u8>,
}

impl Bodies {
    /// None yet, and room for `count` of them, of which the first is at `start`.
    pub(super) fn with_capacity(start: u32, count: usize) -> Self {
        Self { start, ends: Vec::with_capacity(count), widths: Vec::new() }
    }
    /// Appends a body of `size` bytes, of which `size_width` are the size field, with relocations that end at
    /// `relocations_end`.
    #[inline]
    pub(super) fn push(&mut self, size: u32, size_width: u32, relocations_end: u32) {
        if size_width != shortest_width(size) || !self.widths.is_empty() {
            self.push_width(size_width);
        }
        // Sizes of MIR are estimates, and may be too large: then it is their differences that are right.
        let end = self.ends.last().map_or(self.start, |last| last.body).wrapping_add(size);
        self.ends.push(End { body: end, relocations: relocations_end });
    }
    #[cold]
    fn push_width(&mut self, size_width: u32) {
        if self.widths.is_empty() {
            self.widths = self.iter().map(|body| body.size_width as u8).collect();
        }
        self.widths.push(size_width as u8);
    }
    /// Says where the relocations of the bodies `indices` end, which have no others.
    pub(super) fn set_relocations_end(&mut self, indices: std::ops::Range<usize>, end: u32) {
        self.ends[indices].iter_mut().for_each(|body| body.relocations = end);
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
    /// The body of the defined function `index`, if there are that many.
    #[inline]
    pub fn get(&self, index: usize) -> Option<Body> {
        (index < self.ends.len()).then(|| self.at(index))
    }
    /// The body of the defined function `index`, which is below [`Self::len`].
    #[inline]
    pub fn at(&self, index: usize) -> Body {
        let end = self.ends[index];
        let start = match index {
            0 => End { body: self.start, relocations: 0 },
            _ => self.ends[index - 1],
        };
        let size = end.body.wrapping_sub(start.body);
        let size_width = match self.widths.get(index) {
            Some(&width) => width as u32,
            None => shortest_width(size),
        };
        let (relocations, relocations_end) = (start.relocations, end.relocations);
        Body { offset: start.body, size, size_width, relocations, relocations_end }
    }
    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Body> + Clone + '_ {
        (0..self.len()).map(|index| self.at(index))
    }
}

/// Bytes of the size field of a body of `size` bytes with it, if it is as short as can be.
#[inline]
fn shortest_width(size: u32) -> u32 {
    const LIMITS: [u32; 4] = [1 << 7, (1 << 14) + 1, (1 << 21) + 2, (1 << 28) + 3];
    1 + LIMITS.iter().map(|&limit| (size > limit) as u32).sum::<u32>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leb;

    #[test]
    fn bodies_are_what_was_pushed() {
        let sizes = [1u32, 2, 127, 128, 129, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456];
        for padded in [None, Some(0), Some(5)] {
            let mut bodies = Bodies::with_capacity(3, sizes.len());
            let (mut offset, mut expected) = (3u32, Vec::new());
            for (i, &inner) in sizes.iter().enumerate() {
                let size_width =
                    if padded == Some(i) { leb::PADDED_32 } else { leb::unsigned_size(inner as u64) } as u32;
                let (size, relocations) = (inner + size_width, i as u32 * 4);
                bodies.push(size, size_width, relocations + 4);
                expected.push(Body { offset, size, size_width, relocations, relocations_end: relocations + 4 });
                offset += size;
            }
            assert_eq!(bodies.iter().collect::<Vec<_>>(), expected);
            assert_eq!((bodies.get(2), bodies.get(sizes.len())), (Some(expected[2]), None));
        }
    }

    #[test]
    fn estimates_may_be_too_large() {
        let mut bodies = Bodies::default();
        [u32::MAX, 5, u32::MAX].iter().for_each(|&size| bodies.push(size, 0, 0));
        assert_eq!(
            bodies.iter().map(|body| (body.size, body.size_width)).collect::<Vec<_>>(),
            [(u32::MAX, 0), (5, 0), (u32::MAX, 0)]
        );
    }
}
