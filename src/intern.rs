//! Byte strings -> small ids. Many threads intern at once; a string's shard is a part of its hash, so that two threads
//! meet on a lock only when they meet on a shard. Taking a lock keeps the processor from overlapping what it waits for, so
//! many strings at a time are interned shard by shard.

use parking_lot::Mutex;
use xxhash_rust::xxh3::xxh3_64;

/// There are at most `1 << SHARD_BITS_MAX` shards.
const SHARD_BITS_MAX: u32 = 6;
/// And this many for each thread: the memory of every further one is a page more that is touched for little.
const SHARDS_PER_THREAD: usize = 8;
/// Fewer strings than this are interned one by one.
const BATCH_MIN: usize = 32;

#[derive(Default)]
struct Shard<'i> {
    table: Table,
    strings: Vec<&'i [u8]>,
}

/// The numbers of a shard's strings by their hashes: open addressing, so that a look at one place is nearly always enough,
/// and it is known at once which place that is.
#[derive(Default)]
struct Table {
    /// A short hash, and a number, or [`EMPTY`] in its place; a power of two of them, or none.
    slots: Vec<(u32, u32)>,
    len: usize,
}

/// In a slot of [`Table`], and for what is not there: no string.
const EMPTY: u32 = u32::MAX;

impl Table {
    /// One that does not grow up to `len` strings.
    fn with_capacity(len: usize) -> Self {
        match len {
            0 => Self::default(),
            _ => Self { slots: empty_slots((len + len / 3 + 1).next_power_of_two()), len: 0 },
        }
    }
    /// The place of the first string with the hash `hash`, if there is any.
    #[inline]
    fn start(&self, hash: u64) -> usize {
        hash as usize & self.slots.len().wrapping_sub(1)
    }
    /// The first string with the hash `hash` that `is_it`, or else [`EMPTY`], and its slot, if there are slots.
    #[inline]
    fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> (u32, usize) {
        let mut at = self.start(hash);
        while let Some(&(other, string)) = self.slots.get(at) {
            if string == EMPTY || (other == short(hash) && is_it(string)) {
                return (string, at);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
        (EMPTY, at)
    }
    /// Puts a string, which is not there, where [`Self::find`] has found no other.
    fn insert(&mut self, hash: u64, string: u32, mut slot: usize) {
        self.len += 1;
        // At most three quarters of the slots are taken.
        if self.len * 4 > self.slots.len() * 3 {
            self.grow();
            slot = self.find(hash, |_| false).1;
        }
        self.slots[slot] = (short(hash), string);
    }
    #[cold]
    fn grow(&mut self) {
        let slots = empty_slots((self.slots.len() * 2).max(4));
        for (hash, string) in std::mem::replace(&mut self.slots, slots) {
            if string != EMPTY {
                let (_, slot) = self.find(hash as u64, |_| false);
                self.slots[slot] = (hash, string);
            }
        }
    }
}

/// Slots without strings. None of their bytes is zero: the system would else be asked for memory that is zero, and for
/// each page first when it is looked at and once more when it is written.
fn empty_slots(len: usize) -> Vec<(u32, u32)> {
    vec![(EMPTY, EMPTY); len]
}

/// The half of a hash that a table holds and goes by; the other half chooses the shard.
#[inline]
fn short(hash: u64) -> u32 {
    hash as u32
}

/// Collects strings from many threads. Ids depend on timing: they may be compared, but no order may come from them.
pub struct Interner<'i> {
    shards: Vec<Mutex<Shard<'i>>>,
    bits: ShardBits,
}

impl<'i> Default for Interner<'i> {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl<'i> Shard<'i> {
    /// The number of `string`, which has the hash `hash`, in this shard.
    #[inline]
    fn intern(&mut self, hash: u64, string: &'i [u8]) -> u32 {
        match self.table.find(hash, |i| self.strings[i as usize] == string) {
            (EMPTY, slot) => {
                let number = self.strings.len() as u32;
                self.strings.push(string);
                self.table.insert(hash, number, slot);
                number
            }
            (number, _) => number,
        }
    }
    /// The number of `string`, or [`EMPTY`].
    fn find(&self, hash: u64, string: &[u8]) -> u32 {
        self.table.find(hash, |i| self.strings[i as usize] == string).0
    }
    /// The string with the number `number`, if there is one.
    #[inline]
    fn get(&self, number: u32) -> Option<&'i [u8]> {
        self.strings.get(number as usize).copied()
    }
    /// Fills `seen` with a string for each of `entries` that has its short hash, or [`EMPTY`], and has the processor fetch
    /// its bytes. Nothing here waits for what another entry waits for.
    fn look_ahead(&self, entries: &[(u64, u32)], seen: &mut Vec<u32>) {
        for &(hash, _) in entries {
            std::hint::black_box(self.table.slots.get(self.table.start(hash)).map(|slot| slot.1));
        }
        seen.clear();
        seen.extend(entries.iter().map(|&(hash, _)| self.table.find(hash, |_| true).0));
        for &number in &*seen {
            std::hint::black_box(self.get(number).and_then(|string| string.first().copied()));
        }
    }
}

/// The binary logarithm of the number of shards: that many bits of a hash, the first ones, name a shard, and as many of an
/// id, the last ones.
#[derive(Clone, Copy)]
struct ShardBits(u32);

impl ShardBits {
    /// For the threads of the present pool.
    fn for_threads() -> Self {
        let shards = rayon::current_num_threads().saturating_mul(SHARDS_PER_THREAD);
        Self(shards.ilog2().min(SHARD_BITS_MAX))
    }
    /// How many shards there are.
    fn shards(self) -> usize {
        1 << self.0
    }
    /// The shard of strings with the hash `hash`.
    #[inline]
    fn of_hash(self, hash: u64) -> usize {
        // There is at least one bit.
        (hash >> (64 - self.0)) as usize
    }
    /// The id of string `number` of shard `shard`.
    #[inline]
    fn id(self, number: u32, shard: usize) -> u32 {
        number << self.0 | shard as u32
    }
    /// The shard of an id, and the place of its string there.
    #[inline]
    fn parts(self, id: u32) -> (usize, usize) {
        (id as usize & (self.shards() - 1), (id >> self.0) as usize)
    }
}

impl<'i> Interner<'i> {
    /// The id of `string`, if it has one by now.
    pub fn lookup(&self, string: &[u8]) -> Option<u32> {
        let hash = xxh3_64(string);
        let shard = self.bits.of_hash(hash);
        match self.shards[shard].lock().find(hash, string) {
            EMPTY => None,
            number => Some(self.bits.id(number, shard)),
        }
    }
    /// All ids that were given out by now are below this.
    pub fn limit(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().strings.len()).max().unwrap_or(0) << self.bits.0
    }
    /// One with room for `strings` different strings, so that few tables grow.
    pub fn with_capacity(strings: usize) -> Self {
        let bits = ShardBits::for_threads();
        let len = strings.div_ceil(bits.shards());
        // Room that is not used is not touched either; what has grown has been copied.
        let shard = || Shard { table: Table::with_capacity(len), strings: Vec::with_capacity(2 * len) };
        Self { shards: (0..bits.shards()).map(|_| Mutex::new(shard())).collect(), bits }
    }
    /// The id of `string`.
    pub fn intern(&self, string: &'i [u8]) -> u32 {
        let hash = xxh3_64(string);
        let shard = self.bits.of_hash(hash);
        self.bits.id(self.shards[shard].lock().intern(hash, string), shard)
    }
    /// Calls `found` with each number below `len` for which `string` gives a string, in some order, and the string's id.
    pub fn intern_all(
        &self,
        len: usize,
        string: impl Fn(usize) -> Option<&'i [u8]>,
        mut found: impl FnMut(usize, u32),
    ) {
        if len < BATCH_MIN {
            (0..len).for_each(|i| string(i).into_iter().for_each(|string| found(i, self.intern(string))));
            return;
        }
        let mut hashes = Vec::with_capacity(len);
        let mut ends = [0u32; 1 << SHARD_BITS_MAX];
        for i in 0..len {
            if let Some(string) = string(i) {
                let hash = xxh3_64(string);
                ends[self.bits.of_hash(hash)] += 1;
                hashes.push((hash, i as u32));
            }
        }
        let mut end = 0;
        for slot in &mut ends {
            end += std::mem::replace(slot, end);
        }
        let mut sorted = vec![(0, 0); hashes.len()];
        for &entry in &hashes {
            let slot = &mut ends[self.bits.of_hash(entry.0)];
            sorted[*slot as usize] = entry;
            *slot += 1;
        }
        let mut seen = Vec::new();
        // Threads begin at different shards.
        let first = hashes.first().map_or(0, |&(hash, _)| hash as usize);
        let shards = self.bits.shards();
        for shard in (0..shards).map(|i| (first + i) % shards) {
            let start = if shard == 0 { 0 } else { ends[shard - 1] };
            let entries = &sorted[start as usize..ends[shard] as usize];
            if entries.is_empty() {
                continue;
            }
            let mut table = self.shards[shard].lock();
            table.look_ahead(entries, &mut seen);
            for (&(hash, i), &seen) in entries.iter().zip(&seen) {
                let text = string(i as usize).unwrap_or_default();
                let number = match table.get(seen) {
                    Some(other) if other == text => seen,
                    _ => table.intern(hash, text),
                };
                found(i as usize, self.bits.id(number, shard));
            }
        }
    }
    /// All strings, once no thread adds any more.
    pub fn finish(self) -> Interned<'i> {
        Interned { shards: self.shards.into_iter().map(Mutex::into_inner).collect(), bits: self.bits }
    }
}

/// Strings by id.
pub struct Interned<'i> {
    shards: Vec<Shard<'i>>,
    bits: ShardBits,
}

impl<'i> Interned<'i> {
    /// The string with the id `id`.
    #[inline]
    pub fn get(&self, id: u32) -> &'i [u8] {
        let (shard, local) = self.bits.parts(id);
        self.shards[shard].strings[local]
    }
    /// All strings with their ids, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &'i [u8])> + '_ {
        let bits = self.bits;
        self.shards.iter().enumerate().flat_map(move |(number, shard)| {
            shard.strings.iter().zip(0..).map(move |(&string, local)| (bits.id(local, number), string))
        })
    }
    /// The id of `string`, if it was interned.
    pub fn find(&self, string: &[u8]) -> Option<u32> {
        let hash = xxh3_64(string);
        let shard = self.bits.of_hash(hash);
        match self.shards[shard].find(hash, string) {
            EMPTY => None,
            number => Some(self.bits.id(number, shard)),
        }
    }
    /// Adds a string after the parallel phase.
    pub fn add(&mut self, string: &'i [u8]) -> u32 {
        self.find(string).unwrap_or_else(|| {
            let hash = xxh3_64(string);
            let shard = self.bits.of_hash(hash);
            self.bits.id(self.shards[shard].intern(hash, string), shard)
        })
    }
    /// Gives back what finds strings: from now on ids lead to strings, but not back.
    pub fn forget_ids(&mut self) {
        for shard in &mut self.shards {
            shard.table = Table::default();
        }
    }
    /// All ids are below this: the size of an array indexed by id.
    pub fn id_limit(&self) -> usize {
        self.shards.iter().map(|shard| shard.strings.len()).max().unwrap_or(0) << self.bits.0
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
        interned.forget_ids();
        assert_eq!((interned.get(a), interned.get(c), interned.find(b"a")), (&b"a"[..], &b"c"[..], None));
    }

    #[test]
    fn tables_grow_from_nothing_and_tell_like_hashes_apart() {
        let mut shard = Shard::default();
        let texts: Vec<String> = (0..500).map(|i| i.to_string()).collect();
        // Few hashes, so that every search passes by others.
        let hash = |text: &str| hash(text.as_bytes()) & 0x3_0000_0003;
        for _ in 0..2 {
            for (text, number) in texts.iter().zip(0..) {
                assert_eq!(shard.intern(hash(text), text.as_bytes()), number);
            }
        }
        assert_eq!((shard.find(hash("0"), b"0"), shard.find(hash("0"), b"x")), (0, EMPTY));
        assert_eq!((Shard::default().find(0, b""), shard.get(EMPTY), shard.get(499)), (EMPTY, None, Some(&b"499"[..])));
    }

    #[test]
    fn many_strings_at_a_time_get_the_ids_that_they_get_one_by_one() {
        let texts: Vec<String> = (0..1000).map(|i| (i % 300).to_string()).collect();
        for len in [0, 5, BATCH_MIN, texts.len()] {
            let interner = Interner::default();
            let mut ids = vec![None; len];
            let string = |i: usize| (!i.is_multiple_of(7)).then(|| texts[i].as_bytes());
            interner.intern_all(len, string, |i, id| assert_eq!(ids[i].replace(id), None));
            for (i, &id) in ids.iter().enumerate() {
                assert_eq!(id, string(i).map(|string| interner.intern(string)), "{i} of {len}");
            }
        }
    }
}
