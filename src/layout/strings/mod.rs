//! Merges null-terminated strings: each is kept once, and a string that ends another shares its bytes.
//!
//! The result is laid out in descending order of the reversed strings, as LLD's string tables are; since equal strings
//! are one, that order is total and nothing depends on which thread met a string first.
//!
//! Debug information has millions of strings, most of them several times. Each thread makes those of its own inputs unique
//! ([`split`]), then what is left is made unique across threads ([`join`]), sorted and placed ([`order`]).

mod join;
mod order;
mod split;

use rayon::prelude::*;
use split::{BLOCK_BYTES, Batch, Piece, Unique};
use std::ops::Range;

/// Strings of many inputs, each kept once.
#[derive(Debug)]
pub struct MergedStrings<'i> {
    /// Bytes that they take together.
    pub size: u64,
    /// Where they lie in their output segment or section.
    pub offset: u64,
    /// The strings, in order, with their offsets; those that take no space are empty.
    strings: Vec<Unique<'i>>,
    /// How many take space.
    kept: usize,
    batches: Vec<Batch<'i>>,
    /// Which input is the first of each batch.
    firsts: Vec<usize>,
}

/// Where the strings of one input went.
#[derive(Clone, Copy, Debug, Default)]
pub struct StringPlaces<'m> {
    pieces: &'m [Piece],
    blocks: &'m [u32],
}

/// Strings that are looked at together.
const WINDOW: usize = 4;

impl StringPlaces<'_> {
    /// Offset in the merged bytes of offset `offset` of the input.
    #[inline]
    pub fn translate(&self, offset: u64) -> u64 {
        let block = self.blocks.get((offset / BLOCK_BYTES) as usize);
        let mut behind = block.map_or(self.pieces.len(), |&first| first as usize);
        // A few strings begin in the block. How many of them do so in front of the offset cannot be guessed: they are
        // counted, which takes no jumps.
        let is_before = |piece: &Piece| piece.start as u64 <= offset;
        loop {
            let rest = self.pieces.get(behind..).unwrap_or_default();
            let Some(window) = rest.first_chunk::<WINDOW>() else {
                behind += rest.iter().take_while(|piece| is_before(piece)).count();
                break;
            };
            let before = window.iter().map(|piece| usize::from(is_before(piece))).sum::<usize>();
            behind += before;
            if before < WINDOW {
                break;
            }
        }
        match behind.checked_sub(1).map(|piece| &self.pieces[piece]) {
            Some(piece) => piece.place as u64 + (offset - piece.start as u64),
            None => offset,
        }
    }
}

impl<'i> MergedStrings<'i> {
    /// Where the strings of input number `input` went.
    #[inline]
    pub fn places(&self, input: usize) -> StringPlaces<'_> {
        let number = self.firsts.partition_point(|&first| first <= input) - 1;
        let batch = &self.batches[number];
        let ends = &batch.ends[..=input - self.firsts[number]];
        let (pieces, blocks) = ends.len().checked_sub(2).map_or((0, 0), |before| ends[before]);
        let (pieces_end, blocks_end) = ends[ends.len() - 1];
        StringPlaces {
            pieces: &batch.pieces[pieces as usize..pieces_end as usize],
            blocks: &batch.blocks[blocks as usize..blocks_end as usize],
        }
    }
    /// Offset in the merged bytes of offset `offset` of input number `input`.
    pub fn translate(&self, input: usize, offset: u64) -> u64 {
        self.places(input).translate(offset)
    }
    /// How many strings take space.
    pub fn len(&self) -> usize {
        self.kept
    }
    /// Whether there is no string.
    pub fn is_empty(&self) -> bool {
        self.kept == 0
    }
    /// Runs of strings of about `weight` bytes each, with the exact number of bytes. Together they cover all bytes.
    pub fn ranges(&self, weight: usize) -> Vec<(Range<usize>, usize)> {
        let ranges = crate::par::balanced_ranges(self.strings.iter().map(|unique| unique.string.len()), weight);
        let bytes = |range: &Range<usize>| self.strings[range.clone()].iter().map(|unique| unique.string.len()).sum();
        ranges.into_iter().map(|range| (range.clone(), bytes(&range))).collect()
    }
    /// All strings, as [`MergedStrings::write`] names them.
    pub fn all(&self) -> Range<usize> {
        0..self.strings.len()
    }
    /// Fills `out` with the strings of `range`.
    pub fn write(&self, range: Range<usize>, out: &mut [u8]) {
        let mut at = 0;
        for Unique { string, .. } in &self.strings[range] {
            out[at..at + string.len()].copy_from_slice(string);
            at += string.len();
        }
    }
}

/// Bytes of strings that one task splits, at least and at most, about.
const BATCH_BYTES_MIN: usize = 1 << 19;
const BATCH_BYTES_MAX: usize = 1 << 30;

/// Merges the strings of `inputs`, each of which must end with a terminator and be shorter than 4 GiB.
pub fn merge_strings<'i>(inputs: &[&'i [u8]]) -> MergedStrings<'i> {
    let bytes: usize = inputs.iter().map(|data| data.len()).sum();
    // The more a task has met, the less is left to be compared with what others have.
    let share = bytes.div_ceil(rayon::current_num_threads());
    merge_in_batches(inputs, share.clamp(BATCH_BYTES_MIN, BATCH_BYTES_MAX))
}

fn merge_in_batches<'i>(inputs: &[&'i [u8]], batch_bytes: usize) -> MergedStrings<'i> {
    let ranges = crate::par::balanced_ranges(inputs.iter().map(|data| data.len()), batch_bytes);
    let mut batches: Vec<Batch> = ranges.par_iter().map(|range| Batch::new(&inputs[range.clone()])).collect();
    let (mut strings, limit) = join::join(&mut batches);
    order::sort_reversed(&mut strings);
    let placed = order::place(&mut strings, limit);
    batches.par_iter_mut().for_each(|batch| batch.place(&placed.offsets));
    let firsts = ranges.iter().map(|range| range.start).collect();
    MergedStrings { size: placed.size, offset: 0, kept: placed.kept, strings, batches, firsts }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The strings of `data` as (offset, string with terminator). The last must be terminated.
    fn split_strings(data: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
        let mut start = 0;
        memchr::memchr_iter(0, data).map(move |end| {
            let piece = (start as u32, &data[start..=end]);
            start = end + 1;
            piece
        })
    }

    #[test]
    fn strings_are_kept_once_and_share_tails() {
        let inputs: [&[u8]; 2] = [b"hello\0lo\0\0", b"lo\0world\0hello\0"];
        let merged = merge_strings(&inputs);
        let mut out = vec![0xff; merged.size as usize];
        merged.write(merged.all(), &mut out);
        assert_eq!(out, b"hello\0world\0");
        for (input, data) in inputs.iter().enumerate() {
            for (offset, string) in split_strings(data) {
                let at = merged.translate(input, offset as u64) as usize;
                assert_eq!(&out[at..at + string.len()], string);
            }
        }
        assert_eq!(merged.translate(0, 2), 2, "into the middle of a string");
    }

    #[test]
    fn places_are_found_in_long_inputs() {
        let mut data = Vec::new();
        for i in 0..2000usize {
            data.extend(std::iter::repeat_n(b'a' + (i % 26) as u8, if i == 700 { 1000 } else { i % 40 }));
            data.push(0);
        }
        let merged = merge_strings(&[b"x\0", &data]);
        let mut out = vec![0xff; merged.size as usize];
        merged.write(merged.all(), &mut out);
        for at in 0..data.len() {
            let rest = |bytes: &[u8]| bytes[..=bytes.iter().position(|&byte| byte == 0).unwrap()].to_vec();
            let place = merged.translate(1, at as u64) as usize;
            assert_eq!(rest(&out[place..]), rest(&data[at..]), "{at}");
        }
        assert_eq!(merged.translate(1, data.len() as u64 + 5), merged.translate(1, data.len() as u64) + 5);
    }

    #[test]
    fn what_is_said_in_batches_of_any_size_comes_to_the_same() {
        let mut inputs = Vec::new();
        for file in 0..40usize {
            let names = (0..200).filter(|i| (i * 7 + file) % 5 > 0).map(|i| (i * (1 + file % 3)) % 190);
            inputs.push(
                names.flat_map(|i| format!("name_{}_{i}\0", "x".repeat(i % 11)).into_bytes()).collect::<Vec<u8>>(),
            );
        }
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let bytes_of = |merged: &MergedStrings| {
            let mut out = vec![0xff; merged.size as usize];
            let ranges = merged.ranges(100);
            let mut rest = &mut out[..];
            for (range, bytes) in ranges {
                let (piece, behind) = rest.split_at_mut(bytes);
                merged.write(range, piece);
                rest = behind;
            }
            assert!(rest.is_empty());
            out
        };
        let one = merge_in_batches(&inputs, usize::MAX);
        let whole = bytes_of(&one);
        for batch_bytes in [1, 5000] {
            let many = merge_in_batches(&inputs, batch_bytes);
            assert_eq!((bytes_of(&one), one.len()), (bytes_of(&many), many.len()));
            for (input, data) in inputs.iter().enumerate() {
                for (offset, string) in split_strings(data) {
                    let at = many.translate(input, offset as u64);
                    assert_eq!(at, one.translate(input, offset as u64));
                    assert!(whole[at as usize..].starts_with(string));
                }
            }
        }
    }
}
