//! Merges null-terminated strings: each is kept once, and a string that ends another shares its bytes.
//!
//! The result is laid out in descending order of the reversed strings, as LLD's string tables are; since equal strings
//! are one, that order is total and nothing depends on which thread met a string first.

use crate::intern::Interner;
use rayon::prelude::*;
use std::cmp::Ordering;
use std::ops::Range;

/// Strings of many inputs, each kept once.
#[derive(Debug)]
pub struct MergedStrings<'i> {
    /// Bytes that they take together.
    pub size: u64,
    /// Where they lie in their output segment or section.
    pub offset: u64,
    /// The strings that take space, terminator included, in order, with their offsets.
    kept: Vec<(&'i [u8], u64)>,
    inputs: Vec<Pieces>,
}

/// Where the strings of one input went.
#[derive(Debug, Default)]
pub struct Pieces {
    /// Offset of each string in the input, ascending, and in the merged bytes.
    pieces: Vec<(u32, u32)>,
}

impl<'i> MergedStrings<'i> {
    /// Offset in the merged bytes of offset `offset` of input number `input`.
    pub fn translate(&self, input: usize, offset: u64) -> u64 {
        self.translate_near(input, offset, &mut 0)
    }
    /// The same. `near` says where to look first, and then where the offset was found; its value does not matter.
    #[inline]
    pub fn translate_near(&self, input: usize, offset: u64, near: &mut usize) -> u64 {
        let pieces = &self.inputs[input].pieces;
        if let Some(&(start, merged)) = pieces.get(*near)
            && start as u64 == offset
        {
            *near += 1;
            return merged as u64;
        }
        let behind = pieces.partition_point(|&(start, _)| start as u64 <= offset);
        *near = behind;
        match behind.checked_sub(1).map(|piece| pieces[piece]) {
            Some((start, merged)) => merged as u64 + (offset - start as u64),
            None => offset,
        }
    }
    /// How many strings take space.
    pub fn len(&self) -> usize {
        self.kept.len()
    }
    /// Whether there is no string.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
    /// Runs of strings of about `weight` bytes each, with the exact number of bytes.
    pub fn ranges(&self, weight: usize) -> Vec<(Range<usize>, usize)> {
        let start_of = |i: usize| self.kept.get(i).map_or(self.size, |&(_, offset)| offset) as usize;
        let ranges = crate::par::balanced_ranges(self.kept.iter().map(|(string, _)| string.len()), weight);
        ranges.into_iter().map(|range| (range.clone(), start_of(range.end) - start_of(range.start))).collect()
    }
    /// Fills `out` with the strings of `range`.
    pub fn write(&self, range: Range<usize>, out: &mut [u8]) {
        let mut at = 0;
        for &(string, _) in &self.kept[range] {
            out[at..at + string.len()].copy_from_slice(string);
            at += string.len();
        }
    }
}

/// The strings of `data` as (offset, string with terminator). The last must be terminated.
pub fn split_strings(data: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut start = 0;
    memchr::memchr_iter(0, data).map(move |end| {
        let piece = (start as u32, &data[start..=end]);
        start = end + 1;
        piece
    })
}

/// Merges the strings of `inputs`, each of which must end with a terminator and be shorter than 4 GiB.
pub fn merge_strings<'i>(inputs: &[&'i [u8]]) -> MergedStrings<'i> {
    let interner = Interner::default();
    // First each piece's second number is the id of its string.
    let mut pieces: Vec<Pieces> = inputs
        .par_iter()
        .map(|data| Pieces { pieces: split_strings(data).map(|(offset, s)| (offset, interner.intern(s))).collect() })
        .collect();
    let interned = interner.finish();
    let mut unique: Vec<(u64, u32, &'i [u8])> = interned.iter().map(|(id, s)| (tail_key(s), id, s)).collect();
    unique.par_sort_unstable_by(|a, b| b.0.cmp(&a.0).then_with(|| compare_reversed(b.2, a.2)));
    let mut offsets = vec![0; interned.id_limit()];
    let mut kept: Vec<(&[u8], u64)> = Vec::new();
    let mut size = 0u64;
    for (_, id, string) in unique {
        let offset = match kept.last() {
            Some((previous, _)) if previous.ends_with(string) => size - string.len() as u64,
            _ => {
                kept.push((string, size));
                size += string.len() as u64;
                size - string.len() as u64
            }
        };
        offsets[id as usize] = offset as u32;
    }
    pieces.par_iter_mut().flat_map(|input| &mut input.pieces).for_each(|(_, place)| {
        *place = offsets[*place as usize];
    });
    MergedStrings { size, offset: 0, kept, inputs: pieces }
}

/// The last 8 bytes in front of the terminator, last first: decides most comparisons of reversed strings.
fn tail_key(string: &[u8]) -> u64 {
    let mut key = 0;
    for i in 0..8 {
        let byte = (string.len() - 1).checked_sub(i + 1).map_or(0, |at| string[at]);
        key = key << 8 | byte as u64;
    }
    key
}

fn compare_reversed(a: &[u8], b: &[u8]) -> Ordering {
    a.iter().rev().cmp(b.iter().rev())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_kept_once_and_share_tails() {
        let inputs: [&[u8]; 2] = [b"hello\0lo\0\0", b"lo\0world\0hello\0"];
        let merged = merge_strings(&inputs);
        let mut out = vec![0xff; merged.size as usize];
        merged.write(0..merged.len(), &mut out);
        assert_eq!(out, b"hello\0world\0");
        for (input, data) in inputs.iter().enumerate() {
            for (offset, string) in split_strings(data) {
                let at = merged.translate(input, offset as u64) as usize;
                assert_eq!(&out[at..at + string.len()], string);
            }
        }
        assert_eq!(merged.translate(0, 2), 2, "into the middle of a string");
    }
}
