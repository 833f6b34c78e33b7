//! The planned module into a file, block by block: it never lies in memory as a whole.

use super::names::{Extent, NamesPlan};
use super::writer::{Sequence, Writer};
use super::{Job, Plan, SECTION_BYTES_MAX, build_id, task_bytes};
use crate::par;
use crate::relocate::{Relocator, Table};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A module that was written.
pub struct Written {
    /// Its bytes.
    pub size: usize,
    /// Bytes of the name section, if they do not fit its 32-bit size field: the module is not valid then.
    pub oversized_names: Option<usize>,
    /// How long the serial part took.
    pub stitch: Duration,
}

/// What is written at once: pieces of one section.
type Block<'p> = &'p [(Job, usize, usize)];

/// Names that are encoded while the rest is written.
struct Names<'p, 'a, 'i> {
    plan: &'p NamesPlan<'a, 'i>,
    /// Offset of the first name that a task encodes.
    first: usize,
    sequence: Mutex<Sequence>,
    /// How many names are encoded by now.
    count: AtomicUsize,
}

/// What stands behind the part of the module that is planned.
struct Ending {
    /// Heads and small sections, with their offsets.
    pieces: Vec<(usize, Vec<u8>)>,
    /// Bytes of the module.
    size: usize,
    /// See [`Written::oversized_names`].
    oversized_names: Option<usize>,
}

impl<'p, 'a, 'i> Names<'p, 'a, 'i> {
    /// Of a section at `start`. They come to lie where they belong if they are as many as `expected`, or about: if the
    /// numbers in front of them take as many bytes.
    fn new(plan: &'p NamesPlan<'a, 'i>, start: usize, expected: Extent) -> Self {
        let first = start + plan.front(expected).len();
        Self { plan, first, sequence: Mutex::new(Sequence::new(first)), count: AtomicUsize::new(0) }
    }

    fn run<E, W: Fn(usize, &[u8]) -> Result<(), E>>(&self, task: usize, writer: &Writer<W>) -> Result<(), E> {
        let mut buffer = writer.buffer(self.plan.task_bytes());
        buffer.clear();
        self.count.fetch_add(self.plan.encode(task, &mut buffer), Ordering::Relaxed);
        let placed = self.sequence.lock().add(task, buffer);
        placed.into_iter().try_for_each(|(at, names)| writer.submit(at, names))
    }

    /// What all tasks have encoded.
    fn encoded(&self) -> Extent {
        Extent { count: self.count.load(Ordering::Relaxed), bytes: self.sequence.lock().end() - self.first }
    }
}

impl Plan<'_, '_> {
    /// Writes the module through `write_at`, which is given offsets and bytes, block by block, by one thread at a time.
    /// A block is made in a buffer that is used again for another. `read_back` gives the first bytes again, as many as
    /// it is told, if an id is to be made of them.
    ///
    /// # Errors
    /// What `write_at` and `read_back` return.
    pub fn stream<E: Send + Sync, I: AsRef<[u8]>>(
        &self,
        write_at: impl Fn(usize, &[u8]) -> Result<(), E> + Sync,
        read_back: impl FnOnce(usize) -> Result<I, E>,
    ) -> Result<Written, E> {
        let table = Table::new(&self.relocator(None));
        let relocator = self.relocator(Some(&table));
        let writer = Writer::new(write_at);
        let blocks = self.blocks();
        let names = self.names.as_ref().map(|plan| Names::new(plan, self.size, plan.estimate()));
        let name_tasks = names.as_ref().map_or(0, |names| names.plan.tasks());
        // Names are work for the processor, the rest for the memory: both at the same time.
        let tasks = blocks.len() + name_tasks;
        par::in_order(tasks, |task| {
            let names_before = |task| task * name_tasks / tasks;
            match &names {
                Some(names) if names_before(task + 1) > names_before(task) => names.run(names_before(task), &writer),
                _ => self.write_block(blocks[task - names_before(task)], &relocator, &writer),
            }
        })?;
        let ending = self.ending(names, &writer)?;
        let start = Instant::now();
        for (job, offset, _) in &self.jobs {
            if let Job::Head(head) = job {
                writer.write(*offset, head)?;
            }
        }
        ending.pieces.iter().try_for_each(|(at, piece)| writer.write(*at, piece))?;
        let stitch = start.elapsed();
        if build_id::hashes(self.products.options)
            && let Some((at, id)) = build_id::of(self.products.options, read_back(ending.size)?.as_ref())
        {
            writer.write(at, &id)?;
        }
        Ok(Written { size: ending.size, oversized_names: ending.oversized_names, stitch })
    }

    /// Everything but heads and the names that are not made yet.
    fn blocks(&self) -> Vec<Block<'_>> {
        let runs = self.jobs.split(|(job, ..)| matches!(job, Job::Head(_)));
        runs.flat_map(|run| {
            let sizes = || run.iter().map(|&(_, _, size)| size);
            let ranges = par::balanced_ranges(sizes(), task_bytes(sizes().sum()) / 2);
            ranges.into_iter().map(move |range| &run[range])
        })
        .collect()
    }

    fn write_block<E, W: Fn(usize, &[u8]) -> Result<(), E>>(
        &self,
        block: Block,
        relocator: &Relocator,
        writer: &Writer<W>,
    ) -> Result<(), E> {
        // A block is of one section: all of its pieces are there, or none.
        if self.made(&block[0].0).is_some() {
            let mut made = block.iter().filter_map(|(job, at, _)| Some((*at, self.made(job)?)));
            return made.try_for_each(|(at, bytes)| writer.write(at, bytes));
        }
        let (start, end) = (block[0].1, block[block.len() - 1].1 + block[block.len() - 1].2);
        let mut buffer = writer.buffer(end - start);
        if block.iter().any(|(job, ..)| self.has_gaps(job)) {
            buffer.clear();
        }
        buffer.resize(end - start, 0);
        for (job, offset, size) in block.iter() {
            self.run(job, relocator, &mut buffer[offset - start..offset - start + size]);
        }
        writer.submit(start, buffer)
    }

    /// What is left to be written once all tasks have run.
    fn ending<E: Send + Sync, W: Fn(usize, &[u8]) -> Result<(), E> + Sync>(
        &self,
        names: Option<Names>,
        writer: &Writer<W>,
    ) -> Result<Ending, E> {
        let Some(mut names) = names else {
            return Ok(Ending { pieces: Vec::new(), size: self.size, oversized_names: None });
        };
        let plan = names.plan;
        let front = loop {
            let encoded = names.encoded();
            let front = plan.front(encoded);
            if self.size + front.len() == names.first {
                break front;
            }
            // The estimate was wrong: a number takes a byte more or less. Now it is known.
            names = Names::new(plan, self.size, encoded);
            par::in_order(plan.tasks(), |task| names.run(task, writer))?;
        };
        let behind = plan.behind().to_vec();
        let mut at = names.first + names.encoded().bytes;
        let bytes = at + behind.len() - self.size;
        let mut pieces = vec![(self.size, front)];
        for piece in [behind].into_iter().chain(self.after_names()) {
            pieces.push((at, piece));
            at += pieces[pieces.len() - 1].1.len();
        }
        Ok(Ending { pieces, size: at, oversized_names: (bytes > SECTION_BYTES_MAX).then_some(bytes) })
    }
}
