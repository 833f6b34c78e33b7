//! Byte strings -> small ids. Many threads intern at once; a string's shard is a part of its hash, so that two threads
//! meet on a lock only when they meet on a shard.

use hashbrown::HashTable;
use parking_lot::Mutex;
use xxhash_rust::xxh3::xxh3_64;

const SHARD_BITS: u32 = 8;
const SHARDS: usize = 1 << SHARD_BITS;

#[derive(Default)]
struct Shard<'i> {
    table: HashTable<u32>,
    strings: Vec<(u64, &'i [u8])>,
}

/// Collects strings from many threads. Ids depend on timing: they may be compared, but no order may come from them.
pub struct Interner<'i> {
    shards: Vec<Mutex<Shard<'i>>>,
}

impl<'i> Default for Interner<'i> {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::new(Shard::default())).collect() }
    }
}

impl<'i> Interner<'i> {
    /// The id of `string`.
    pub fn intern(&self, string: &'i [u8]) -> u32 {
        let hash = xxh3_64(string);
        let shard_number = (hash >> (64 - SHARD_BITS)) as usize;
        let shard = &mut *self.shards[shard_number].lock();
        let strings = &mut shard.strings;
        let found = shard.table.find(hash, |&i| strings[i as usize] == (hash, string)).copied();
        let local = found.unwrap_or_else(|| {
            let local = strings.len() as u32;
            strings.push((hash, string));
            shard.table.insert_unique(hash, local, |&i| strings[i as usize].0);
            local
        });
        local << SHARD_BITS | shard_number as u32
    }
    /// All strings, once no thread adds any more.
    pub fn finish(self) -> Interned<'i> {
        Interned { shards: self.shards.into_iter().map(Mutex::into_inner).collect() }
    }
}

/// Strings by id.
pub struct Interned<'i> {
    shards: Vec<Shard<'i>>,
}

impl<'i> Interned<'i> {
    /// The string with the id `id`.
    #[inline]
    pub fn get(&self, id: u32) -> &'i [u8] {
        self.shards[id as usize % SHARDS].strings[(id >> SHARD_BITS) as usize].1
    }
    /// All strings with their ids, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &'i [u8])> + '_ {
        self.shards.iter().enumerate().flat_map(|(number, shard)| {
            let strings = shard.strings.iter().enumerate();
            strings.map(move |(local, &(_, string))| ((local as u32) << SHARD_BITS | number as u32, string))
        })
    }
    /// The id of `string`, if it was interned.
    pub fn find(&self, string: &[u8]) -> Option<u32> {
        let hash = xxh3_64(string);
        let shard_number = (hash >> (64 - SHARD_BITS)) as usize;
        let shard = &self.shards[shard_number];
        let local = shard.table.find(hash, |&i| shard.strings[i as usize] == (hash, string))?;
        Some(local << SHARD_BITS | shard_number as u32)
    }
    /// Adds a string after the parallel phase.
    pub fn add(&mut self, string: &'i [u8]) -> u32 {
        self.find(string).unwrap_or_else(|| {
            let hash = xxh3_64(string);
            let shard_number = (hash >> (64 - SHARD_BITS)) as usize;
            let Shard { table, strings } = &mut self.shards[shard_number];
            let local = strings.len() as u32;
            strings.push((hash, string));
            table.insert_unique(hash, local, |&i| strings[i as usize].0);
            local << SHARD_BITS | shard_number as u32
        })
    }
    /// All ids are below this: the size of an array indexed by id.
    pub fn id_limit(&self) -> usize {
        self.shards.iter().map(|shard| shard.strings.len()).max().unwrap_or(0) << SHARD_BITS
    }
}

/// The hash that names and strings use everywhere.
pub fn hash(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_share_an_id_and_ids_lead_back() {
        let interner = Interner::default();
        let (a, b) = (interner.intern(b"a"), interner.intern(b"b"));
        assert_ne!(a, b);
        assert_eq!(interner.intern(b"a"), a);
        let mut interned = interner.finish();
        assert_eq!((interned.get(a), interned.get(b)), (&b"a"[..], &b"b"[..]));
        assert_eq!(interned.find(b"c"), None);
        let c = interned.add(b"c");
        assert_eq!(interned.find(b"c"), Some(c));
        assert!((c as usize) < interned.id_limit());
    }
}
