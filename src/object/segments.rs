//! The data segments of one object, in as little memory as can be.

/// A data segment. What it is called, and how it is aligned, is [`super::Object::info_of_segment`].
#[derive(Clone, Copy, Debug)]
pub struct Segment<'i> {
    /// Contents.
    pub data: &'i [u8],
    /// Offset of `data` from the start of the data section's payload.
    pub offset: u32,
    /// Where its relocations begin in the bytes of `reloc.DATA`'s entries.
    pub relocations: u32,
    /// Where they end.
    pub relocations_end: u32,
}

/// What is kept of a segment. Its relocations begin where those of the one in front of it end.
#[derive(Clone, Copy, Debug)]
struct Entry {
    offset: u32,
    size: u32,
    relocations_end: u32,
}

/// The data segments of one object, in order.
#[derive(Debug, Default)]
pub struct Segments<'i> {
    /// What offsets count in, unless there are `pieces`.
    payload: &'i [u8],
    /// The contents of each, if they are not parts of a section.
    pieces: Vec<&'i [u8]>,
    entries: Vec<Entry>,
}

impl<'i> Segments<'i> {
    /// None yet, of a section with this payload, and room for `count` of them.
    pub(super) fn in_section(payload: &'i [u8], count: usize) -> Self {
        Self { payload, pieces: Vec::new(), entries: Vec::with_capacity(count) }
    }
    /// None yet, of no section, and room for `count` of them.
    pub(super) fn apart(count: usize) -> Self {
        Self { payload: &[], pieces: Vec::with_capacity(count), entries: Vec::with_capacity(count) }
    }
    /// Appends a segment whose `size` bytes are at `offset` of the section, and no relocations.
    #[inline]
    pub(super) fn push(&mut self, offset: u32, size: u32) {
        self.entries.push(Entry { offset, size, relocations_end: 0 });
    }
    /// Appends a segment that lies apart, and whose relocations end at `relocations_end`.
    pub(super) fn push_piece(&mut self, data: &'i [u8], relocations_end: u32) {
        self.pieces.push(data);
        self.entries.push(Entry { offset: 0, size: data.len() as u32, relocations_end });
    }
    /// Takes away the last.
    pub(super) fn pop(&mut self) {
        self.entries.pop();
        self.pieces.pop();
    }
    /// Says where the relocations of the segments `indices` end, which have no others.
    pub(super) fn set_relocations_end(&mut self, indices: std::ops::Range<usize>, end: u32) {
        self.entries[indices].iter_mut().for_each(|entry| entry.relocations_end = end);
    }
    /// Where the contents of the segment `index` begin in the section, and where they end, if there are that many.
    #[inline]
    pub(super) fn range(&self, index: usize) -> Option<(u32, u32)> {
        // A section's size has 32 bits.
        self.entries.get(index).map(|entry| (entry.offset, entry.offset + entry.size))
    }
    /// The size of the segment `index`; 0 if there are fewer.
    #[inline]
    pub(super) fn size_of(&self, index: usize) -> u32 {
        self.entries.get(index).map_or(0, |entry| entry.size)
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
    /// The segment `index`, which is below [`Self::len`].
    #[inline]
    pub fn at(&self, index: usize) -> Segment<'i> {
        let Entry { offset, size, relocations_end } = self.entries[index];
        let relocations = if index == 0 { 0 } else { self.entries[index - 1].relocations_end };
        let data = match self.pieces.get(index) {
            Some(piece) => piece,
            None => &self.payload[offset as usize..][..size as usize],
        };
        Segment { data, offset, relocations, relocations_end }
    }
    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Segment<'i>> + DoubleEndedIterator + Clone + '_ {
        (0..self.len()).map(|index| self.at(index))
    }
}
