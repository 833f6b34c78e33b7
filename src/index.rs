//! Index newtypes and the vector that each of them indexes.
//!
//! Input-side and output-side indices are different types and never convert into each other; the map between them is a
//! method of [`crate::layout::Layout`].

use std::marker::PhantomData;
use std::ops::{Index, IndexMut, Range};

/// A newtype over `u32` that indexes one [`IndexVec`].
pub trait Idx: Copy + Eq + Ord + std::hash::Hash + std::fmt::Debug + Send + Sync + 'static {
    /// Makes the index of element `index`. Panics if it does not fit 32 bits: every count is checked where it is read.
    fn new(index: usize) -> Self;
    /// The position in the vector that this type indexes.
    fn index(self) -> usize;
}

/// An index, or none, in no more room than an index has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Maybe<I>(u32, PhantomData<I>);

impl<I: Idx> Maybe<I> {
    /// What there is.
    #[inline]
    pub fn get(self) -> Option<I> {
        (self.0 != u32::MAX).then(|| I::new(self.0 as usize))
    }
}

impl<I: Idx> From<Option<I>> for Maybe<I> {
    /// Index spaces end below the largest number of 32 bits: each has vectors of several bytes for each index.
    #[inline]
    fn from(index: Option<I>) -> Self {
        Self(index.map_or(u32::MAX, |index| index.index() as u32), PhantomData)
    }
}

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $crate::index::Idx for $name {
            #[inline]
            fn new(index: usize) -> Self {
                Self(u32::try_from(index).expect("index spaces are limited to 32 bits"))
            }
            #[inline]
            fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )*};
}

index! {
    /// Index into `Inputs::members`: command-line order, every archive member in its archive's place.
    MemberIdx;
    /// Index into `Objects`: the linked objects in link order (archive members where they were extracted).
    FileIdx;
    /// Index into one object's symbol table.
    ObjectSymbolIdx;
    /// An interned symbol name. Ids depend on thread timing: compare them, never order by them.
    NameIdx;
    /// An interned function signature. Ids depend on thread timing: compare them, never order by them.
    SignatureIdx;
    /// Index into `Resolution::symbols`: global symbols in the order in which their names were first met.
    SymbolIdx;
    /// All functions of all linked objects in link order, then the linker's own.
    InputFunctionIdx;
    /// All data segments of all linked objects in link order.
    InputSegmentIdx;
    /// All globals of all linked objects in link order, then the linker's own.
    InputGlobalIdx;
    /// All tags of all linked objects in link order.
    InputTagIdx;
    /// All tables of all linked objects in link order, then the linker's own.
    InputTableIdx;
    /// All custom sections of all linked objects in link order.
    InputCustomIdx;
}

/// A vector that only its own index type can index.
#[derive(Debug, Clone)]
pub struct IndexVec<I, T> {
    items: Vec<T>,
    marker: PhantomData<fn(I)>,
}

impl<I: Idx, T> IndexVec<I, T> {
    /// An empty vector.
    pub const fn new() -> Self {
        Self { items: Vec::new(), marker: PhantomData }
    }
    /// `len` copies of `value`.
    pub fn filled(value: T, len: usize) -> Self
    where
        T: Clone,
    {
        Self { items: vec![value; len], marker: PhantomData }
    }
    /// Appends `item` and returns its index.
    pub fn push(&mut self, item: T) -> I {
        let index = I::new(self.items.len());
        self.items.push(item);
        index
    }
    /// The number of items.
    pub fn len(&self) -> usize {
        self.items.len()
    }
    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
    /// The items in index order.
    pub fn as_slice(&self) -> &[T] {
        &self.items
    }
    /// The items in index order.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.items
    }
    /// The item at `index`, if there is one.
    pub fn get(&self, index: I) -> Option<&T> {
        self.items.get(index.index())
    }
    /// Index and item, in index order.
    pub fn iter_enumerated(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + ExactSizeIterator {
        self.items.iter().enumerate().map(|(i, item)| (I::new(i), item))
    }
    /// The items in index order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }
    /// The items in index order.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.items.iter_mut()
    }
    /// All indices.
    pub fn indices(&self) -> impl DoubleEndedIterator<Item = I> + ExactSizeIterator + use<I, T> {
        (0..self.items.len()).map(I::new)
    }
}

impl<I, T> From<Vec<T>> for IndexVec<I, T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, marker: PhantomData }
    }
}

impl<I: Idx, T> Default for IndexVec<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Idx, T> Index<I> for IndexVec<I, T> {
    type Output = T;
    #[inline]
    fn index(&self, index: I) -> &T {
        &self.items[index.index()]
    }
}

impl<I: Idx, T> IndexMut<I> for IndexVec<I, T> {
    #[inline]
    fn index_mut(&mut self, index: I) -> &mut T {
        &mut self.items[index.index()]
    }
}

/// Hashes what is made of indices: they are small, dense, and chosen by nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct IndexHasher(u64);

/// A map whose keys are made of indices.
pub type IndexMap<K, V> = std::collections::HashMap<K, V, std::hash::BuildHasherDefault<IndexHasher>>;

impl std::hash::Hasher for IndexHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(byte as u64));
    }
    fn write_u32(&mut self, value: u32) {
        self.write_u64(value as u64);
    }
    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as u64);
    }
    fn write_u64(&mut self, value: u64) {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(ODD);
    }
    fn finish(&self) -> u64 {
        // Maps look at the lowest and the highest bits, multiplying mixes upwards.
        self.0 ^ self.0 >> 32
    }
}

/// Numbers the items of many files through: item `i` of file `f` is `bases[f] + i`.
#[derive(Debug, Clone)]
pub struct Numbering<I> {
    bases: Vec<u32>,
    marker: PhantomData<fn(I)>,
}

impl<I: Idx> Numbering<I> {
    /// Numbers files that hold `counts` items each, in order.
    pub fn new(counts: impl Iterator<Item = usize>) -> Self {
        let mut bases = vec![0u32];
        let mut next = 0usize;
        for count in counts {
            next += count;
            bases.push(I::new(next).index() as u32);
        }
        Self { bases, marker: PhantomData }
    }
    /// The number of item `local` of `file`.
    #[inline]
    pub fn get(&self, file: FileIdx, local: u32) -> I {
        I::new((self.bases[file.index()] + local) as usize)
    }
    /// The numbers of all items of `file`.
    #[inline]
    pub fn range(&self, file: FileIdx) -> Range<usize> {
        self.bases[file.index()] as usize..self.bases[file.index() + 1] as usize
    }
    /// The file that holds `index`, and the item's number there; `None` past the last file's items.
    pub fn locate(&self, index: I) -> Option<(FileIdx, u32)> {
        let index = index.index() as u32;
        let file = self.bases.partition_point(|&base| base <= index) - 1;
        (file + 1 < self.bases.len()).then(|| (FileIdx::new(file), index - self.bases[file]))
    }
    /// How many items all files hold together.
    pub fn total(&self) -> usize {
        *self.bases.last().expect("bases is never empty") as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbering_finds_files_and_skips_empty_ones() {
        let numbering: Numbering<InputFunctionIdx> = Numbering::new([2, 0, 3].into_iter());
        assert_eq!(numbering.total(), 5);
        assert_eq!(numbering.get(FileIdx(2), 1), InputFunctionIdx(3));
        assert_eq!(numbering.locate(InputFunctionIdx(1)), Some((FileIdx(0), 1)));
        assert_eq!(numbering.locate(InputFunctionIdx(2)), Some((FileIdx(2), 0)));
        assert_eq!(numbering.locate(InputFunctionIdx(5)), None);
        assert_eq!(numbering.range(FileIdx(1)), 2..2);
    }
}
