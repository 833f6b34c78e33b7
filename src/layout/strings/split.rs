//! Strings of a run of inputs, each known once.
//!
//! Objects that include the same headers say the same strings in the same order. So the string that followed the last one
//! when that was met before is tried first: it costs one comparison, no search for the end and no hash.

use super::order::tail_key;
use crate::intern::hash;
use hashbrown::HashTable;
use std::sync::atomic::AtomicU32;

/// Bytes of an input in which a string is searched for from the first that begins there.
pub(super) const BLOCK_BYTES: u64 = 256;

/// Bytes of a string in debug information, if it is rather short.
const LIKELY_BYTES: usize = 32;

/// Bytes of inputs for each string that was not met before: rather few, and about as many as usual.
const NEW_BYTES_MIN: usize = 128;
const NEW_BYTES: usize = 320;

/// No string.
const NONE: u32 = u32::MAX;

/// A string of a batch, with what finds it.
#[derive(Debug)]
pub(super) struct Unique<'i> {
    /// Terminator included.
    pub string: &'i [u8],
    /// The bytes that decide its place (see [`tail_key`]), at last its offset in the merged bytes.
    pub key: u64,
    pub hash: u32,
    /// At first the number in the batch of the string that followed it last, then its id.
    pub link: AtomicU32,
}

/// Where a string went.
#[derive(Debug)]
pub(super) struct Piece {
    /// Offset in the input.
    pub start: u32,
    /// The number in the batch of the string, at last its offset in the merged bytes.
    pub place: u32,
}

/// The strings of a run of inputs.
#[derive(Debug, Default)]
pub(super) struct Batch<'i> {
    /// Where the strings of each input end in `pieces`, and its blocks in `blocks`.
    pub ends: Vec<(u32, u32)>,
    pub pieces: Vec<Piece>,
    /// For each block of [`BLOCK_BYTES`] bytes of an input, which of its pieces is the first to begin there or behind.
    pub blocks: Vec<u32>,
    /// The different strings, in the order in which they were met.
    pub uniques: Vec<Unique<'i>>,
    /// The id of each of them, if it is not its number.
    pub ids: Vec<u32>,
}

impl<'i> Batch<'i> {
    /// The strings of `inputs`, each of which ends with a terminator.
    pub fn new(inputs: &[&'i [u8]]) -> Self {
        // Memory that is not used costs nothing; vectors that grow leave their old places behind.
        let bytes: usize = inputs.iter().map(|data| data.len()).sum();
        let mut batch = Self {
            ends: Vec::with_capacity(inputs.len()),
            pieces: Vec::with_capacity(bytes / LIKELY_BYTES),
            blocks: Vec::with_capacity(bytes / BLOCK_BYTES as usize + inputs.len()),
            ..Self::default()
        };
        let mut known = Known {
            uniques: Vec::with_capacity(bytes / NEW_BYTES_MIN),
            table: HashTable::with_capacity(bytes / NEW_BYTES),
            last: NONE,
        };
        for data in inputs {
            batch.split(data, &mut known);
        }
        batch.uniques = known.uniques;
        batch
    }

    fn split(&mut self, data: &'i [u8], known: &mut Known<'i>) {
        let first = self.pieces.len();
        let (mut at, mut block_start) = (0, 0);
        while at < data.len() {
            let (number, len) = known.take(&data[at..]);
            while block_start <= at {
                self.blocks.push((self.pieces.len() - first) as u32);
                block_start += BLOCK_BYTES as usize;
            }
            self.pieces.push(Piece { start: at as u32, place: number });
            at += len;
        }
        while block_start < data.len() {
            self.blocks.push((self.pieces.len() - first) as u32);
            block_start += BLOCK_BYTES as usize;
        }
        self.ends.push((self.pieces.len() as u32, self.blocks.len() as u32));
    }

    /// Gives the pieces their offsets, of which there is one for each id.
    pub fn place(&mut self, offsets: &[AtomicU32]) {
        let offset = |id: u32| offsets[id as usize].load(std::sync::atomic::Ordering::Relaxed);
        if self.ids.is_empty() {
            self.pieces.iter_mut().for_each(|piece| piece.place = offset(piece.place));
            return;
        }
        let mut offsets = std::mem::take(&mut self.ids);
        offsets.iter_mut().for_each(|id| *id = offset(*id));
        self.pieces.iter_mut().for_each(|piece| piece.place = offsets[piece.place as usize]);
    }
}

/// The strings that were met.
struct Known<'i> {
    uniques: Vec<Unique<'i>>,
    /// Numbers of the strings, by hash.
    table: HashTable<u32>,
    /// The number of the last one.
    last: u32,
}

impl<'i> Known<'i> {
    /// The number and length of the string at the start of `rest`.
    #[inline]
    fn take(&mut self, rest: &'i [u8]) -> (u32, usize) {
        let last = self.uniques.get_mut(self.last as usize).map(|last| *last.link.get_mut());
        if let Some(guess) = last
            && let Some(unique) = self.uniques.get(guess as usize)
            // Its terminator is the first zero.
            && rest.starts_with(unique.string)
        {
            self.last = guess;
            return (guess, unique.string.len());
        }
        let end = memchr::memchr(0, rest).map_or(rest.len(), |end| end + 1);
        let number = self.find(&rest[..end]);
        if let Some(last) = self.uniques.get_mut(self.last as usize) {
            *last.link.get_mut() = number;
        }
        self.last = number;
        (number, end)
    }

    fn find(&mut self, string: &'i [u8]) -> u32 {
        let (uniques, hash) = (&mut self.uniques, (hash(string) >> 32) as u32);
        let is_it = |&number: &u32| {
            let unique = &uniques[number as usize];
            unique.hash == hash && unique.string == string
        };
        if let Some(&number) = self.table.find(spread(hash), is_it) {
            return number;
        }
        let number = uniques.len() as u32;
        uniques.push(Unique { string, key: tail_key(string, 0), hash, link: AtomicU32::new(NONE) });
        self.table.insert_unique(spread(hash), number, |&number| spread(uniques[number as usize].hash));
        number
    }
}

/// A hash for a table, which looks at the upper bits and at the lower ones, from one of 32 bits.
pub(super) fn spread(hash: u32) -> u64 {
    (hash as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
