//! Merges null-terminated strings: each is kept once, and a string that ends another shares its bytes.
//!
//! The result is laid out in descending order of the reversed strings, as LLD's string tables are; since equal strings
//! are one, that order is total and nothing depends on which thread met a string first.
//!
//! Debug information has millions of strings. They are first split by hash into shards, and each shard is then made
//! unique by one thread: no locks, and smaller tables.

use crate::intern::hash;
use rayon::prelude::*;
use std::cmp::{Ordering, Reverse};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Strings of many inputs, each kept once.
#[derive(Debug)]
pub struct MergedStrings<'i> {
    /// Bytes that they take together.
    pub size: u64,
    /// Where they lie in their output segment or section.
    pub offset: u64,
    /// The strings that take space, terminator included, in order, with their offsets.
    kept: Kept<'i>,
    inputs: Vec<Input>,
    batches: Vec<Batch>,
}

/// What an input came to: which batch, and which pieces and blocks there.
#[derive(Debug)]
struct Input {
    batch: u32,
    pieces: Range<u32>,
    blocks: Range<u32>,
}

/// The strings of a run of inputs.
#[derive(Debug, Default)]
struct Batch {
    /// Where the strings of each input end in `pieces`, and its blocks in `blocks`.
    ends: Vec<(u32, u32)>,
    pieces: Vec<Piece>,
    /// For each block of [`BLOCK_BYTES`] bytes of an input, which of its pieces is the first to begin there or behind.
    blocks: Vec<u32>,
    /// Indices into `pieces`, by shard.
    order: Vec<u32>,
    /// Where each shard starts in `order`, and the end of the last.
    shards: Vec<u32>,
}

/// Where a string went.
#[derive(Debug)]
struct Piece {
    /// Offset in the input.
    start: u32,
    /// First its hash, then the id of the string, at last its offset in the merged bytes. Threads that work on
    /// different shards change different pieces.
    place: AtomicU32,
}

/// Where the strings of one input went.
#[derive(Clone, Copy, Debug, Default)]
pub struct StringPlaces<'m> {
    pieces: &'m [Piece],
    blocks: &'m [u32],
}

impl StringPlaces<'_> {
    /// Offset in the merged bytes of offset `offset` of the input.
    #[inline]
    pub fn translate(&self, offset: u64) -> u64 {
        let block = self.blocks.get((offset / BLOCK_BYTES) as usize);
        let mut behind = block.map_or(self.pieces.len(), |&first| first as usize);
        // A few strings begin in the block.
        while let Some(piece) = self.pieces.get(behind)
            && piece.start as u64 <= offset
        {
            behind += 1;
        }
        match behind.checked_sub(1).map(|piece| &self.pieces[piece]) {
            Some(piece) => piece.place.load(Relaxed) as u64 + (offset - piece.start as u64),
            None => offset,
        }
    }
}

impl<'i> MergedStrings<'i> {
    /// Where the strings of input number `input` went.
    #[inline]
    pub fn places(&self, input: usize) -> StringPlaces<'_> {
        let Input { batch, pieces, blocks } = &self.inputs[input];
        let batch = &self.batches[*batch as usize];
        StringPlaces {
            pieces: &batch.pieces[pieces.start as usize..pieces.end as usize],
            blocks: &batch.blocks[blocks.start as usize..blocks.end as usize],
        }
    }
    /// Offset in the merged bytes of offset `offset` of input number `input`.
    pub fn translate(&self, input: usize, offset: u64) -> u64 {
        self.places(input).translate(offset)
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

/// Bytes of strings that one task splits, about.
const BATCH_BYTES: usize = 1 << 22;

/// Bytes of an input in which a string is searched for from the first that begins there.
const BLOCK_BYTES: u64 = 256;

/// Strings in a shard at least, about, repeated ones included.
const SHARD_STRINGS: usize = 1 << 13;

/// Bytes of a string in debug information, if it is rather short.
const LIKELY_BYTES: usize = 32;

/// How often a string is in the inputs, about.
const LIKELY_COPIES: usize = 4;

/// Bits of an id that say which shard it is of, at most: as few as there are, so that ids are dense.
const SHARD_BITS: u32 = 8;

/// Merges the strings of `inputs`, each of which must end with a terminator and be shorter than 4 GiB.
pub fn merge_strings<'i>(inputs: &[&'i [u8]]) -> MergedStrings<'i> {
    let ranges = crate::par::balanced_ranges(inputs.iter().map(|data| data.len()), BATCH_BYTES);
    let mut batches: Vec<Batch> = ranges.par_iter().map(|range| Batch::new(&inputs[range.clone()])).collect();
    let count: usize = batches.iter().map(|batch| batch.pieces.len()).sum();
    // The fewer the shards, the closer together lie the strings that one of them reads; but each thread needs some.
    let wanted = rayon::current_num_threads().ilog2() + 2;
    let shard_bits = (count / SHARD_STRINGS).checked_ilog2().unwrap_or(0).min(wanted).min(SHARD_BITS);
    batches.par_iter_mut().for_each(|batch| batch.sort_by_shard(shard_bits));
    let shards: Vec<Vec<&[u8]>> = (0..1usize << shard_bits)
        .into_par_iter()
        .map(|shard| unique(shard_bits, shard, &batches, &ranges, inputs))
        .collect();
    batches.iter_mut().for_each(|batch| batch.order = Vec::new());
    let limit = shards.iter().map(Vec::len).max().unwrap_or(0) << shard_bits;
    let mut strings: Vec<Tail> = Vec::with_capacity(shards.iter().map(Vec::len).sum());
    for (shard, strings_of_shard) in shards.into_iter().enumerate() {
        let of_shard = strings_of_shard.into_iter().enumerate();
        strings.extend(of_shard.map(|(i, string)| Tail {
            key: tail_key(string, 0),
            id: id(shard_bits, shard, i),
            string,
        }));
    }
    sort_reversed(&mut strings);
    let (kept, offsets, size) = place(&strings, limit);
    batches.par_iter_mut().for_each(|batch| {
        for piece in &mut batch.pieces {
            let id = *piece.place.get_mut();
            *piece.place.get_mut() = offsets[id as usize];
        }
    });
    let numbered = batches.iter().enumerate();
    let inputs = numbered.flat_map(|(number, batch)| (0..batch.ends.len()).map(move |i| batch.input(number as u32, i)));
    let inputs = inputs.collect();
    MergedStrings { size, offset: 0, kept, inputs, batches }
}

fn id(shard_bits: u32, shard: usize, index: usize) -> u32 {
    (index << shard_bits | shard) as u32
}

impl Batch {
    fn new(inputs: &[&[u8]]) -> Self {
        // Memory that is not used costs nothing; vectors that grow leave their old places behind.
        let bytes: usize = inputs.iter().map(|data| data.len()).sum();
        let mut batch = Self { pieces: Vec::with_capacity(bytes / LIKELY_BYTES), ..Self::default() };
        batch.blocks.reserve(bytes / BLOCK_BYTES as usize + inputs.len());
        for data in inputs {
            let first = batch.pieces.len();
            let pieces = split_strings(data);
            batch.pieces.extend(
                pieces.map(|(start, string)| Piece { start, place: AtomicU32::new((hash(string) >> 32) as u32) }),
            );
            let (mut next, mut limit) = (0, 0);
            for (i, piece) in batch.pieces[first..].iter().enumerate() {
                while next <= piece.start as u64 {
                    batch.blocks.push(i as u32);
                    next += BLOCK_BYTES;
                }
                limit = i as u32 + 1;
            }
            while next < data.len() as u64 {
                batch.blocks.push(limit);
                next += BLOCK_BYTES;
            }
            batch.ends.push((batch.pieces.len() as u32, batch.blocks.len() as u32));
        }
        batch
    }
    /// What input number `input` of the batch, which has the number `batch`, came to.
    fn input(&self, batch: u32, input: usize) -> Input {
        let (pieces, blocks) = input.checked_sub(1).map_or((0, 0), |before| self.ends[before]);
        let (pieces_end, blocks_end) = self.ends[input];
        Input { batch, pieces: pieces..pieces_end, blocks: blocks..blocks_end }
    }
    /// Fills `order` and `shards`; the upper `bits` of the hash say which shard a piece is of.
    fn sort_by_shard(&mut self, bits: u32) {
        let shard_of = |piece: &Piece| (piece.place.load(Relaxed) as u64 >> (32 - bits)) as usize;
        let mut next = vec![0u32; (1 << bits) + 1];
        self.pieces.iter().for_each(|piece| next[shard_of(piece) + 1] += 1);
        for shard in 0..1 << bits {
            next[shard + 1] += next[shard];
        }
        self.shards = next.clone();
        self.order = vec![0; self.pieces.len()];
        for (index, piece) in self.pieces.iter().enumerate() {
            let at = &mut next[shard_of(piece)];
            self.order[*at as usize] = index as u32;
            *at += 1;
        }
    }
}

/// The different strings of a shard; gives the pieces their ids.
fn unique<'i>(
    shard_bits: u32,
    shard: usize,
    batches: &[Batch],
    ranges: &[Range<usize>],
    inputs: &[&'i [u8]],
) -> Vec<&'i [u8]> {
    // Debug information says most strings several times.
    let pieces: usize = batches.iter().map(|batch| (batch.shards[shard + 1] - batch.shards[shard]) as usize).sum();
    let mut table: hashbrown::HashTable<(u32, u32)> = hashbrown::HashTable::with_capacity(pieces / LIKELY_COPIES);
    let mut strings: Vec<&[u8]> = Vec::new();
    // All of a shard agree in the upper bits, where the table looks too.
    let spread = |hash: u32| (hash as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for (batch, range) in batches.iter().zip(ranges) {
        let mut input = 0;
        for &index in &batch.order[batch.shards[shard] as usize..batch.shards[shard + 1] as usize] {
            while batch.ends[input].0 <= index {
                input += 1;
            }
            let data = inputs[range.start + input];
            let piece = &batch.pieces[index as usize];
            let end = if index + 1 < batch.ends[input].0 {
                batch.pieces[index as usize + 1].start as usize
            } else {
                data.len()
            };
            let string = &data[piece.start as usize..end];
            let hash = piece.place.load(Relaxed);
            let same = |&(other, i): &(u32, u32)| other == hash && strings[i as usize] == string;
            let local = table.find(spread(hash), same).map_or(strings.len() as u32, |&(_, i)| i);
            if local as usize == strings.len() {
                strings.push(string);
                table.insert_unique(spread(hash), (hash, local), |&(hash, _)| spread(hash));
            }
            piece.place.store(id(shard_bits, shard, local as usize), Relaxed);
        }
    }
    strings
}

/// A string with the bytes that decide its place.
struct Tail<'i> {
    key: u64,
    id: u32,
    string: &'i [u8],
}

/// Bytes in a key.
const KEY_BYTES: usize = 8;

/// The 8 bytes in front of the last `done` and the terminator, the last of them highest; zero in front of the string.
fn tail_key(string: &[u8], done: usize) -> u64 {
    let rest = &string[..(string.len() - 1).saturating_sub(done)];
    match rest.last_chunk() {
        Some(&bytes) => u64::from_le_bytes(bytes),
        None => rest.iter().rev().fold((0, 56), |(key, at), &byte| (key | (byte as u64) << at, at - 8)).0,
    }
}

/// Sorts different strings in descending order of what they are when reversed.
fn sort_reversed(strings: &mut [Tail]) {
    strings.par_sort_unstable_by_key(|tail| Reverse(tail.key));
    let groups: Vec<&mut [Tail]> =
        strings.chunk_by_mut(|a, b| a.key == b.key).filter(|group| group.len() > 1).collect();
    groups.into_par_iter().for_each(|group| {
        // Groups that agree in their last bytes, and in how many.
        let mut groups = vec![(group, KEY_BYTES)];
        while let Some((group, done)) = groups.pop() {
            if group.len() <= FEW {
                group.sort_unstable_by(|a, b| compare_reversed(b.string, a.string, done));
                continue;
            }
            group.iter_mut().for_each(|tail| tail.key = tail_key(tail.string, done));
            group.sort_unstable_by_key(|tail| Reverse(tail.key));
            let agreeing = group.chunk_by_mut(|a, b| a.key == b.key).filter(|group| group.len() > 1);
            groups.extend(agreeing.map(|group| (group, done + KEY_BYTES)));
        }
    });
}

/// Groups of up to as many strings are sorted by comparing one with another.
const FEW: usize = 4;

/// Compares different strings that agree in the last `done` bytes as what they are when reversed.
fn compare_reversed(a: &[u8], b: &[u8], mut done: usize) -> Ordering {
    loop {
        let order = tail_key(a, done).cmp(&tail_key(b, done));
        if order.is_ne() || done >= a.len().max(b.len()) {
            return order;
        }
        done += KEY_BYTES;
    }
}

/// The strings that take space, each with its offset.
type Kept<'i> = Vec<(&'i [u8], u64)>;

/// What takes space; the offset of each id below `limit`; and how many bytes that is.
///
/// What ends with a string stands right in front of it.
fn place<'i>(strings: &[Tail<'i>], limit: usize) -> (Kept<'i>, Vec<u32>, u64) {
    let shared: Vec<bool> =
        strings.par_windows(2).with_min_len(4096).map(|pair| pair[0].string.ends_with(pair[1].string)).collect();
    let mut offsets = vec![0; limit];
    let mut kept = Vec::with_capacity(strings.len() - shared.iter().filter(|&&shared| shared).count());
    let mut size = 0u64;
    for (i, &Tail { id, string, .. }) in strings.iter().enumerate() {
        if i == 0 || !shared[i - 1] {
            kept.push((string, size));
            size += string.len() as u64;
        }
        offsets[id as usize] = (size - string.len() as u64) as u32;
    }
    (kept, offsets, size)
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

    #[test]
    fn places_are_found_in_long_inputs() {
        let mut data = Vec::new();
        for i in 0..2000usize {
            data.extend(std::iter::repeat_n(b'a' + (i % 26) as u8, if i == 700 { 1000 } else { i % 40 }));
            data.push(0);
        }
        let merged = merge_strings(&[b"x\0", &data]);
        let mut out = vec![0xff; merged.size as usize];
        merged.write(0..merged.len(), &mut out);
        for at in 0..data.len() {
            let rest = |bytes: &[u8]| bytes[..=bytes.iter().position(|&byte| byte == 0).unwrap()].to_vec();
            let place = merged.translate(1, at as u64) as usize;
            assert_eq!(rest(&out[place..]), rest(&data[at..]), "{at}");
        }
        assert_eq!(merged.translate(1, data.len() as u64 + 5), merged.translate(1, data.len() as u64) + 5);
    }
}
