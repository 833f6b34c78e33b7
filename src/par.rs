//! Parallel building blocks. Results land by index, whatever the number of threads and whoever finishes first.

use crossbeam::deque::{Injector, Steal, Stealer, Worker};
use rayon::prelude::*;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Tasks for each thread, of items whose weights differ.
const TASKS_PER_THREAD: usize = 64;

/// Cuts `items` into many tasks. By itself rayon makes only a few as long as no thread is idle: then the heavy items of a
/// list (objects in front of the small members of libraries, say) are one task, and one thread does all the work.
pub fn uneven<I: IndexedParallelIterator>(items: I) -> rayon::iter::MaxLen<I> {
    let tasks = rayon::current_num_threads() * TASKS_PER_THREAD;
    let len = items.len().div_ceil(tasks).max(1);
    items.with_max_len(len)
}

/// Maps every index below `len` and returns the results in index order.
pub fn map<R: Send>(len: usize, f: impl Fn(usize) -> R + Send + Sync) -> Vec<R> {
    uneven((0..len).into_par_iter()).map(f).collect()
}

/// Does `task` for every index below `len`: each thread takes the lowest one that is left, so that indices near each other
/// are done at about the same time.
///
/// # Errors
/// The first that a task returns; tasks that have not begun by then are left out.
pub fn in_order<E: Send + Sync>(len: usize, task: impl Fn(usize) -> Result<(), E> + Send + Sync) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let failed = OnceLock::new();
    let run = || {
        while failed.get().is_none() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= len {
                break;
            }
            if let Err(error) = task(index) {
                let _ = failed.set(error);
            }
        }
    };
    rayon::scope(|scope| {
        for _ in 1..rayon::current_num_threads().min(len) {
            scope.spawn(|_| run());
        }
        run();
    });
    failed.into_inner().map_or(Ok(()), Err)
}

/// The items, in order, of which `key` is another than that of the item in front of them.
pub fn changes<T: Sync, K: PartialEq + ?Sized>(items: &[T], key: impl Fn(&T) -> &K + Sync) -> Vec<&T> {
    /// Items that one task looks at, at least.
    const TASK_ITEMS: usize = 256;
    let changes = |i: &usize| i.checked_sub(1).is_none_or(|before| key(&items[before]) != key(&items[*i]));
    let changes = (0..items.len()).into_par_iter().with_min_len(TASK_ITEMS).filter(changes);
    changes.map(|i| &items[i]).collect()
}

/// Offsets of items of the given sizes laid out one behind the other from `start`, and the end of the last.
pub fn prefix_sums(start: usize, sizes: impl Iterator<Item = usize>) -> (Vec<usize>, usize) {
    let mut offsets = Vec::with_capacity(sizes.size_hint().0);
    let mut end = start;
    for size in sizes {
        offsets.push(end);
        end += size;
    }
    (offsets, end)
}

/// Sizes that one task sums up.
const SIZES_PER_TASK: usize = 1 << 14;

/// Puts the offset of each item, laid out one behind the other, in the place of its size; returns the size of all. Offsets
/// are the lowest 32 bits of what they should be.
pub fn sizes_to_offsets(sizes: &mut [u32]) -> usize {
    let sums = sizes.par_chunks(SIZES_PER_TASK).map(|sizes| sizes.iter().map(|&size| size as usize).sum());
    let sums: Vec<usize> = sums.collect();
    let (starts, end) = prefix_sums(0, sums.into_iter());
    sizes.par_chunks_mut(SIZES_PER_TASK).zip(starts).for_each(|(sizes, mut offset)| {
        for size in sizes {
            offset += std::mem::replace(size, offset as u32) as usize;
        }
    });
    end
}

/// Cuts `out` into consecutive slices of the given sizes and fills them in parallel.
///
/// Panics if the sizes do not cover `out` exactly: the plan that made them and the buffer must agree.
pub fn write_disjoint(
    mut out: &mut [u8],
    sizes: impl Iterator<Item = usize>,
    write: impl Fn(usize, &mut [u8]) + Send + Sync,
) {
    let mut slots = Vec::with_capacity(sizes.size_hint().0);
    for size in sizes {
        let (slot, rest) = out.split_at_mut(size);
        slots.push(slot);
        out = rest;
    }
    assert!(out.is_empty(), "sizes must cover the output exactly");
    slots.into_par_iter().enumerate().for_each(|(i, slot)| write(i, slot));
}

/// Groups consecutive items into ranges of about `weight` each, so that tasks are neither tiny nor huge.
pub fn balanced_ranges(weights: impl Iterator<Item = usize>, weight: usize) -> Vec<std::ops::Range<usize>> {
    let (mut ranges, mut start, mut sum, mut len) = (Vec::new(), 0, 0, 0);
    for (i, w) in weights.enumerate() {
        sum += w;
        len = i + 1;
        if sum >= weight {
            ranges.push(start..len);
            (start, sum) = (len, 0);
        }
    }
    if start < len {
        ranges.push(start..len);
    }
    ranges
}

/// Visits `initial` and everything that visits push, each once, on all threads of the pool.
///
/// The order of visits is not defined: `visit` must only do things that commute (set bits, add).
pub fn worklist<T: Send>(initial: Vec<T>, visit: impl Fn(T, &mut dyn FnMut(T)) + Send + Sync) {
    let threads = rayon::current_num_threads();
    let pending = AtomicUsize::new(initial.len());
    let idle = AtomicUsize::new(0);
    let injector = Injector::new();
    initial.into_iter().for_each(|item| injector.push(item));
    let workers: Vec<Worker<T>> = (0..threads).map(|_| Worker::new_lifo()).collect();
    let stealers: Vec<Stealer<T>> = workers.iter().map(Worker::stealer).collect();
    let run = |worker: Worker<T>| {
        // What comes of an item stays with its thread, unless another one has nothing to do.
        let mut own = Vec::new();
        while let Some(item) = next(&worker, &injector, &stealers, &pending, &idle) {
            own.push(item);
            while let Some(item) = own.pop() {
                visit(item, &mut |next| own.push(next));
                if own.len() > 1 && idle.load(Ordering::Relaxed) > 0 {
                    let shared = own.len() / 2;
                    pending.fetch_add(shared, Ordering::Relaxed);
                    own.drain(..shared).for_each(|item| worker.push(item));
                }
            }
            pending.fetch_sub(1, Ordering::AcqRel);
        }
    };
    rayon::scope(|scope| {
        for worker in workers {
            scope.spawn(|_| run(worker));
        }
    });
}

/// An item of this thread's queue or of another's; `None` once no thread has any left.
fn next<T>(
    worker: &Worker<T>,
    injector: &Injector<T>,
    stealers: &[Stealer<T>],
    pending: &AtomicUsize,
    idle: &AtomicUsize,
) -> Option<T> {
    if let Some(item) = worker.pop().or_else(|| steal(injector, worker, stealers)) {
        return Some(item);
    }
    idle.fetch_add(1, Ordering::Relaxed);
    let mut tries = 0u32;
    let found = loop {
        let found = steal(injector, worker, stealers);
        if found.is_some() || pending.load(Ordering::Acquire) == 0 {
            break found;
        }
        tries += 1;
        if tries > 16 { std::thread::yield_now() } else { std::hint::spin_loop() }
    };
    idle.fetch_sub(1, Ordering::Relaxed);
    found
}

fn steal<T>(injector: &Injector<T>, worker: &Worker<T>, stealers: &[Stealer<T>]) -> Option<T> {
    loop {
        let attempt =
            injector.steal_batch_and_pop(worker).or_else(|| stealers.iter().map(Stealer::steal).collect::<Steal<T>>());
        match attempt {
            Steal::Success(item) => return Some(item),
            Steal::Empty => return None,
            Steal::Retry => {}
        }
    }
}

/// A fixed-size set of small integers that many threads may add to.
#[derive(Debug, Default)]
pub struct AtomicBits {
    words: Vec<AtomicU64>,
}

impl AtomicBits {
    /// An empty set of integers below `len`.
    pub fn new(len: usize) -> Self {
        Self { words: (0..len.div_ceil(64)).map(|_| AtomicU64::new(0)).collect() }
    }
    /// Adds `index`; whether this call was the one that added it.
    #[inline]
    pub fn insert(&self, index: usize) -> bool {
        let bit = 1 << (index % 64);
        let word = &self.words[index / 64];
        // Most insertions find the bit set already; a plain load keeps the cache line shared.
        word.load(Ordering::Relaxed) & bit == 0 && word.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }
    /// Whether `index` has been added.
    #[inline]
    pub fn contains(&self, index: usize) -> bool {
        self.words[index / 64].load(Ordering::Relaxed) >> (index % 64) & 1 == 1
    }
    /// The set, once no thread adds to it any more.
    pub fn freeze(self) -> Bits {
        Bits { words: self.words.into_iter().map(AtomicU64::into_inner).collect() }
    }
}

/// A set of small integers.
#[derive(Clone, Debug, Default)]
pub struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// An empty set with room for integers below `len`.
    pub fn new(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)] }
    }
    /// Adds `index`, making room if needed; whether it was not there before.
    pub fn insert(&mut self, index: usize) -> bool {
        if index / 64 >= self.words.len() {
            self.words.resize(index / 64 + 1, 0);
        }
        let bit = 1 << (index % 64);
        let new = self.words[index / 64] & bit == 0;
        self.words[index / 64] |= bit;
        new
    }
    /// The set, 64 integers to a word.
    pub fn words(&self) -> &[u64] {
        &self.words
    }
    /// Whether `index` is in the set.
    #[inline]
    pub fn contains(&self, index: usize) -> bool {
        self.words.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }
}

/// The members of a set below a bound, by how many smaller ones there are.
pub struct Ranks<'b> {
    words: &'b [u64],
    /// Members in front of each word.
    before: Vec<u32>,
    len: usize,
}

impl<'b> Ranks<'b> {
    /// Of the members of `bits` that are below `end`.
    pub fn new(bits: &'b Bits, end: usize) -> Self {
        let words = &bits.words[..end.div_ceil(64).min(bits.words.len())];
        let (mut before, mut sum) = (Vec::with_capacity(words.len()), 0);
        for word in words {
            before.push(sum);
            sum += word.count_ones();
        }
        let mut ranks = Self { words, before, len: 0 };
        ranks.len = if end < words.len() * 64 { ranks.of(end) } else { sum } as usize;
        ranks
    }
    /// How many members there are.
    pub fn count(&self) -> usize {
        self.len
    }
    /// How many members are less than `index`, which must be below the bound.
    #[inline]
    pub fn of(&self, index: usize) -> u32 {
        let below = self.words[index / 64] & ((1 << (index % 64)) - 1);
        self.before[index / 64] + below.count_ones()
    }
    /// The members in order.
    pub fn members(&self) -> impl IndexedParallelIterator<Item = usize> + '_ {
        // Where the one behind the last that was asked for is searched: the word, and what is left of it.
        let start = || (usize::MAX, 0, 0);
        (0..self.len).into_par_iter().map_init(start, |(next, word, left), rank| {
            if *next != rank {
                *word = self.before.partition_point(|&before| before as usize <= rank) - 1;
                *left = self.words[*word];
                (self.before[*word] as usize..rank).for_each(|_| *left &= *left - 1);
            }
            while *left == 0 {
                *word += 1;
                *left = self.words[*word];
            }
            let member = *word * 64 + left.trailing_zeros() as usize;
            *left &= *left - 1;
            *next = rank + 1;
            member
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_that_are_like_those_in_front_of_them_are_left_out() {
        let items: Vec<(usize, usize)> = (0..5000).map(|i| (i, i / 7 % 3)).collect();
        let changes = changes(&items, |item| &item.1);
        assert!(changes.iter().map(|item| item.0).eq((0..5000).step_by(7)));
        assert!(super::changes(&[], |item: &u8| item).is_empty());
    }

    #[test]
    fn a_worklist_visits_everything_that_is_pushed() {
        for threads in [1, 2, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let seen = AtomicBits::new(100_000);
            let count = AtomicUsize::new(0);
            pool.install(|| {
                worklist(vec![1usize], |n, push| {
                    count.fetch_add(1, Ordering::Relaxed);
                    for next in [2 * n, 2 * n + 1] {
                        if next < 100_000 && seen.insert(next) {
                            push(next);
                        }
                    }
                })
            });
            assert_eq!(count.into_inner(), 99_999);
        }
    }

    #[test]
    fn tasks_in_order_are_each_done_once_up_to_an_error() {
        for threads in [1, 2, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let done: Vec<AtomicUsize> = (0..1000).map(|_| AtomicUsize::new(0)).collect();
            let run = |limit: usize| {
                pool.install(|| {
                    in_order(done.len(), |i| {
                        done[i].fetch_add(1, Ordering::Relaxed);
                        if i < limit { Ok(()) } else { Err(i) }
                    })
                })
            };
            assert_eq!(run(1000), Ok(()));
            assert!(done.iter().all(|done| done.load(Ordering::Relaxed) == 1));
            assert!(run(10).is_err_and(|i| i >= 10));
            assert!(done.iter().map(|done| done.load(Ordering::Relaxed)).sum::<usize>() < 1000 + 10 + 2 * threads);
        }
    }

    #[test]
    fn ranks_are_those_of_a_walk() {
        let mut random = 1u64;
        for (len, often) in [(0usize, 1), (1, 1), (64, 1), (100, 3), (5000, 2), (5000, 90)] {
            let mut bits = Bits::new(len);
            for index in 0..len {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                if (random >> 33).is_multiple_of(often) {
                    bits.insert(index);
                }
            }
            for end in [0, len / 3, len.saturating_sub(1), len] {
                let ranks = Ranks::new(&bits, end);
                let expected: Vec<usize> = (0..end).filter(|&index| bits.contains(index)).collect();
                for threads in [1, 3] {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                    let members: Vec<usize> = pool.install(|| ranks.members().collect());
                    assert_eq!((members, ranks.count()), (expected.clone(), expected.len()), "{end} of {len}");
                }
                assert!(expected.iter().enumerate().all(|(rank, &member)| ranks.of(member) as usize == rank));
            }
        }
    }

    #[test]
    fn disjoint_writes_fill_every_slice() {
        let mut out = vec![0; 6];
        write_disjoint(&mut out, [1, 0, 3, 2].into_iter(), |i, slot| slot.fill(i as u8 + 1));
        assert_eq!(out, [1, 3, 3, 3, 4, 4]);
    }

    #[test]
    fn sizes_become_offsets() {
        for len in [0, 1, SIZES_PER_TASK, 2 * SIZES_PER_TASK + 5] {
            let sizes: Vec<u32> = (0..len as u32).map(|i| i % 7 * 100).collect();
            let (expected, end) = prefix_sums(0, sizes.iter().map(|&size| size as usize));
            let mut offsets = sizes;
            assert_eq!(sizes_to_offsets(&mut offsets), end);
            assert!(offsets.iter().zip(expected).all(|(&offset, expected)| offset as usize == expected));
        }
        assert_eq!(sizes_to_offsets(&mut [u32::MAX, u32::MAX]), 2 * u32::MAX as usize, "more than 32 bits");
    }

    #[test]
    fn balanced_ranges_cover_all_items_once() {
        assert_eq!(balanced_ranges([5, 5, 1, 1, 1].into_iter(), 6), [0..2, 2..5]);
        assert_eq!(balanced_ranges(std::iter::empty(), 6), []);
    }
}
