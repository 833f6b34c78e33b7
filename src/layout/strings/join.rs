//! Strings of many batches, each known once. They are split by hash into shards, and each shard is then made unique by one
//! thread: no locks, and smaller tables.

use super::split::{Batch, Unique, spread};
use hashbrown::HashTable;
use rayon::prelude::*;
use std::sync::atomic::Ordering::Relaxed;

/// Strings in a shard at least, about, repeated ones included.
const SHARD_STRINGS: usize = 1 << 13;

/// Shards at most, as a power of two.
const SHARD_BITS: u32 = 8;

/// Takes the strings of all batches, each once; a string's link is then its id, and each batch knows the ids of its own.
/// Returns them, and what all ids are below.
pub(super) fn join<'i>(batches: &mut [Batch<'i>]) -> (Vec<Unique<'i>>, usize) {
    if let [batch] = batches {
        let mut strings = std::mem::take(&mut batch.uniques);
        strings.par_iter_mut().enumerate().for_each(|(id, unique)| *unique.link.get_mut() = id as u32);
        let limit = strings.len();
        return (strings, limit);
    }
    let (bases, limit) = crate::par::prefix_sums(0, batches.iter().map(|batch| batch.uniques.len()));
    let different = number(batches, &bases, limit);
    batches.par_iter_mut().for_each(|batch| {
        batch.ids = batch.uniques.iter().map(|unique| unique.link.load(Relaxed)).collect();
    });
    let mut numbered = batches.iter_mut().zip(bases);
    // All of the first batch are new, and it has room for more.
    let mut strings = numbered.next().map(|(first, _)| std::mem::take(&mut first.uniques)).unwrap_or_default();
    strings.reserve(different - strings.len());
    for (batch, base) in numbered {
        let numbered = (base as u32..).zip(std::mem::take(&mut batch.uniques));
        strings.extend(numbered.filter_map(|(id, unique)| (unique.link.load(Relaxed) == id).then_some(unique)));
    }
    (strings, limit)
}

/// Gives every string the id of the first that is equal; `bases` are the ids of the first of each batch, `count` is how
/// many there are. Returns how many are different.
fn number(batches: &[Batch], bases: &[usize], count: usize) -> usize {
    // The fewer the shards, the closer together lie the strings that one of them reads; but each thread needs some.
    let wanted = rayon::current_num_threads().ilog2() + 2;
    let bits = (count / SHARD_STRINGS).checked_ilog2().unwrap_or(0).min(wanted).min(SHARD_BITS);
    let orders: Vec<Order> = batches.par_iter().map(|batch| Order::new(&batch.uniques, bits)).collect();
    (0..1usize << bits).into_par_iter().map(|shard| number_shard(shard, batches, bases, &orders)).sum()
}

fn number_shard(shard: usize, batches: &[Batch], bases: &[usize], orders: &[Order]) -> usize {
    let mut table: HashTable<(u32, u32)> = HashTable::with_capacity(orders.iter().map(|it| it.of(shard).len()).sum());
    let unique = |&(batch, index): &(u32, u32)| &batches[batch as usize].uniques[index as usize];
    for (batch, order) in orders.iter().enumerate() {
        for &index in order.of(shard) {
            let place = (batch as u32, index);
            let new = unique(&place);
            let is_it = |known: &(u32, u32)| {
                let known = unique(known);
                known.hash == new.hash && known.string == new.string
            };
            let (batch, index) = table.find(spread(new.hash), is_it).copied().unwrap_or(place);
            if (batch, index) == place {
                table.insert_unique(spread(new.hash), place, |known| spread(unique(known).hash));
            }
            new.link.store(bases[batch as usize] as u32 + index, Relaxed);
        }
    }
    table.len()
}

/// The strings of a batch, by shard.
struct Order {
    indices: Vec<u32>,
    /// Where each shard starts, and the end of the last.
    starts: Vec<u32>,
}

impl Order {
    /// By the upper `bits` of the hash.
    fn new(uniques: &[Unique], bits: u32) -> Self {
        let shard_of = |unique: &Unique| (unique.hash as u64 >> (32 - bits)) as usize;
        let mut next = vec![0u32; (1 << bits) + 1];
        uniques.iter().for_each(|unique| next[shard_of(unique) + 1] += 1);
        for shard in 0..1 << bits {
            next[shard + 1] += next[shard];
        }
        let starts = next.clone();
        let mut indices = vec![0; uniques.len()];
        for (index, unique) in uniques.iter().enumerate() {
            let at = &mut next[shard_of(unique)];
            indices[*at as usize] = index as u32;
            *at += 1;
        }
        Self { indices, starts }
    }
    fn of(&self, shard: usize) -> &[u32] {
        &self.indices[self.starts[shard] as usize..self.starts[shard + 1] as usize]
    }
}
