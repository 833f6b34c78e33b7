//! Blocks on their way to a file.

use parking_lot::Mutex;
use std::collections::BTreeMap;

/// Writes blocks that many threads make. One thread writes at a time: file systems lock a file for each write, and threads
/// that wait for that lock burn processor time. The others leave their blocks to the one that writes and go on.
pub struct Writer<W> {
    write_at: W,
    /// Blocks with the offsets where they belong.
    waiting: Mutex<Vec<(usize, Vec<u8>)>>,
    writing: Mutex<()>,
    /// Empty buffers to be used again.
    spare: Mutex<Vec<Vec<u8>>>,
    /// When so many blocks wait, a thread that brings one waits too.
    waiting_max: usize,
}

impl<E, W: Fn(usize, &[u8]) -> Result<(), E>> Writer<W> {
    /// Writes through `write_at`, which is given offsets and bytes.
    pub fn new(write_at: W) -> Self {
        let waiting_max = rayon::current_num_threads();
        Self { write_at, waiting: Mutex::default(), writing: Mutex::default(), spare: Mutex::default(), waiting_max }
    }

    /// A buffer for a block of `size` bytes, with any content.
    pub fn buffer(&self, size: usize) -> Vec<u8> {
        let spare = self.spare.lock().pop();
        // One that had to grow would be copied for nothing.
        spare.filter(|spare| spare.capacity() >= size).unwrap_or_else(|| Vec::with_capacity(size + size / 4))
    }

    /// Writes `block` at `at`, or has the thread do it that is writing now.
    ///
    /// # Errors
    /// What writing this block or another one returned.
    pub fn submit(&self, at: usize, block: Vec<u8>) -> Result<(), E> {
        let mut waiting = self.waiting.lock();
        waiting.push((at, block));
        let full = waiting.len() > self.waiting_max;
        drop(waiting);
        self.write_waiting(full)
    }

    /// Writes `bytes` at `at` at once.
    ///
    /// # Errors
    /// What writing them, or a block that waited meanwhile, returned.
    pub fn write(&self, at: usize, bytes: &[u8]) -> Result<(), E> {
        let guard = self.writing.lock();
        (self.write_at)(at, bytes)?;
        drop(guard);
        self.write_waiting(false)
    }

    /// Writes the blocks that wait, unless another thread is writing; waits for that one if `patient`.
    fn write_waiting(&self, mut patient: bool) -> Result<(), E> {
        // Whoever writes may have looked for blocks just before one came: so each looks again when it is done, and none is
        // left behind.
        while !self.waiting.lock().is_empty() {
            let guard = if patient { Some(self.writing.lock()) } else { self.writing.try_lock() };
            if guard.is_none() {
                break;
            }
            patient = false;
            loop {
                let Some((at, block)) = self.waiting.lock().pop() else { break };
                (self.write_at)(at, &block)?;
                self.spare.lock().push(block);
            }
        }
        Ok(())
    }
}

/// Pieces that follow each other, of which nobody knows the size before it is made: gives each its offset as soon as all
/// pieces in front are there.
pub struct Sequence {
    /// The first piece that has no place yet, and its offset.
    next: (usize, usize),
    /// Pieces that came before those in front of them.
    early: BTreeMap<usize, Vec<u8>>,
}

impl Sequence {
    /// A sequence whose first piece lies at `start`.
    pub fn new(start: usize) -> Self {
        Self { next: (0, start), early: BTreeMap::new() }
    }

    /// Adds piece number `index`; returns all pieces that have a place now, with their offsets.
    pub fn add(&mut self, index: usize, piece: Vec<u8>) -> Vec<(usize, Vec<u8>)> {
        self.early.insert(index, piece);
        let mut placed = Vec::new();
        while let Some(piece) = self.early.remove(&self.next.0) {
            let at = self.next.1;
            self.next = (self.next.0 + 1, at + piece.len());
            placed.push((at, piece));
        }
        placed
    }

    /// The offset behind the last piece that has a place.
    pub fn end(&self) -> usize {
        self.next.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;

    #[test]
    fn blocks_of_many_threads_are_all_written() {
        for threads in [1, 2, 7] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let written = Mutex::new(vec![0u8; 30_000]);
            let result: Result<(), ()> = pool.install(|| {
                let writer = Writer::new(|at, bytes: &[u8]| {
                    let mut written = written.try_lock().expect("one thread writes at a time");
                    written[at..at + bytes.len()].copy_from_slice(bytes);
                    Ok(())
                });
                (0..10_000usize).into_par_iter().try_for_each(|i| {
                    let mut block = writer.buffer(3);
                    block.clear();
                    block.resize(3, (i % 251) as u8 + 1);
                    writer.submit(3 * i, block)
                })
            });
            assert_eq!(result, Ok(()));
            assert!(written.into_inner().chunks(3).enumerate().all(|(i, block)| block == [(i % 251) as u8 + 1; 3]));
        }
    }

    #[test]
    fn no_block_waits_for_ever_behind_one_that_is_written_at_once() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        for _ in 0..50 {
            let written = Mutex::new(0);
            let result: Result<(), ()> = pool.install(|| {
                let writer = Writer::new(|at, _: &[u8]| {
                    std::thread::sleep(std::time::Duration::from_micros(if at == 0 { 300 } else { 0 }));
                    *written.lock() += 1;
                    Ok(())
                });
                let later = || {
                    std::thread::sleep(std::time::Duration::from_micros(100));
                    writer.submit(1, vec![1])
                };
                let (first, second) = rayon::join(|| writer.write(0, &[0]), later);
                first.and(second)
            });
            assert_eq!((result, written.into_inner()), (Ok(()), 2));
        }
    }

    #[test]
    fn an_error_ends_the_writing() {
        let writer = Writer::new(|at, _: &[u8]| if at == 2 { Err("full") } else { Ok(()) });
        assert_eq!((writer.submit(1, vec![0]), writer.submit(2, vec![0])), (Ok(()), Err("full")));
        assert_eq!(writer.write(2, &[1]), Err("full"));
    }

    #[test]
    fn pieces_have_places_in_order() {
        let mut sequence = Sequence::new(10);
        assert_eq!(sequence.add(1, vec![1; 2]), []);
        assert_eq!(sequence.add(0, vec![0; 3]), [(10, vec![0; 3]), (13, vec![1; 2])]);
        assert_eq!(sequence.add(2, vec![]), [(15, vec![])]);
        assert_eq!(sequence.end(), 15);
    }
}
