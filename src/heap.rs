//! The program's allocator, made for a process that works for a tenth of a second and exits.
//!
//! What memory costs such a process is page faults: the kernel hands out 4 KiB at a time unless memory is dense and asks
//! for huge pages. So blocks of all sizes are cut one behind the other from a few large regions that ask for them.
//! Blocks that are given back wait in lists of their size class for the next request of that class; they are neither
//! joined nor returned to the system. Only blocks from [`DIRECT`] on are mappings of their own: they grow without being
//! copied, and giving them back returns them.
//!
//! Each thread cuts small blocks from a chunk of its own and has lists of its own. A list that grows long moves to the
//! lists that all threads share, so that what one thread allocates and another frees is used again.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ops::Range;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard};

/// Blocks are multiples of this size in bytes, and so aligned.
const UNIT: usize = 16;
/// Largest size in bytes that steps by [`UNIT`]. Above it there are four classes from one power of two to the next.
const LINEAR_MAX: usize = 128;
/// Classes up to [`LINEAR_MAX`].
const LINEAR: usize = LINEAR_MAX / UNIT;
/// Largest size in bytes that threads cut from their own chunks and keep lists of.
const SMALL_MAX: usize = 32 << 10;
/// Classes up to [`SMALL_MAX`].
const SMALL: usize = class_of(SMALL_MAX) + 1;
/// Blocks whose class has blocks of this size in bytes, or larger ones, are mappings of their own.
const DIRECT: usize = 4 << 20;
/// Classes below [`DIRECT`].
const CLASSES: usize = class_of(DIRECT);
/// How many bytes a thread takes from a region at a time.
const CHUNK: usize = 128 << 10;
/// When the blocks in a list of a thread have more bytes than this together, they move to the shared lists.
const LIST_MAX: usize = 64 << 10;
/// Bytes of the first region, which costs address space only; each further one is twice as large as the one before.
const REGION_MIN: usize = 64 << 20;
/// Bytes of the largest region.
const REGION_MAX: usize = 4 << 30;
/// The size in bytes, and so the alignment, of a huge page.
const HUGE_PAGE: usize = 2 << 20;
/// A huge page that takes more nanoseconds than this came slowly: 512 small pages take about a millisecond.
const HUGE_PAGE_TIME_MAX: u64 = 1_000_000;
/// After so many huge pages that came slowly no more are asked for: each may have cost milliseconds.
const SLOW_HUGE_PAGES_MAX: u32 = 1;
/// How many huge pages came slowly.
static SLOW_HUGE_PAGES: AtomicU32 = AtomicU32::new(0);
/// Every mapping is aligned to this.
const PAGE: usize = 4 << 10;

/// The class of blocks of `size` bytes: the smallest whose blocks are large enough.
const fn class_of(size: usize) -> usize {
    let last = size.saturating_sub(1);
    if last < LINEAR_MAX {
        return last / UNIT;
    }
    let power = last.ilog2() as usize;
    LINEAR + (power - LINEAR_MAX.ilog2() as usize) * 4 + (last >> (power - 2) & 3)
}

/// The size in bytes of the blocks of `class`.
const fn size_of_class(class: usize) -> usize {
    if class < LINEAR {
        return (class + 1) * UNIT;
    }
    let step = (LINEAR_MAX / 4) << ((class - LINEAR) / 4);
    step * (5 + (class - LINEAR) % 4)
}

/// What a block holds while it waits in a list.
struct Free {
    /// The next of the list.
    next: *mut Free,
    /// The first of the next list, if this is the first of a list among the shared ones.
    list: *mut Free,
}

/// Bytes that nobody has used yet: zeros.
struct Fresh {
    start: usize,
    end: usize,
}

impl Fresh {
    const EMPTY: Self = Self { start: 0, end: 0 };

    /// Cuts `size` bytes off the start.
    #[inline]
    fn cut(&mut self, size: usize) -> Option<*mut u8> {
        let block = self.start;
        (size <= self.end - self.start).then(|| {
            self.start += size;
            ptr::with_exposed_provenance_mut(block)
        })
    }
}

/// What one thread owns.
struct Local {
    chunk: Fresh,
    lists: [*mut Free; SMALL],
    /// How many blocks each list has.
    counts: [u32; SMALL],
}

/// What all threads share.
struct Shared {
    region: Fresh,
    /// Up to where huge pages were asked for in the region.
    huge_end: usize,
    /// Bytes of the next region.
    region_size: usize,
    /// Lists of small blocks, and blocks that are larger, each a list of one.
    lists: [*mut Free; CLASSES],
}

// SAFETY: the pointers own what they point to: blocks that nobody uses.
unsafe impl Send for Shared {}

static SHARED: Mutex<Shared> = Mutex::new(Shared {
    region: Fresh::EMPTY,
    huge_end: 0,
    region_size: REGION_MIN,
    lists: [ptr::null_mut(); CLASSES],
});

thread_local! {
    // Without a destructor, so that it can be used until the thread ends. What it owns then is lost.
    static LOCAL: UnsafeCell<Local> = const {
        UnsafeCell::new(Local { chunk: Fresh::EMPTY, lists: [ptr::null_mut(); SMALL], counts: [0; SMALL] })
    };
}

fn shared() -> MutexGuard<'static, Shared> {
    // Nothing panics while it holds the lock.
    SHARED.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Shared {
    /// Cuts `size` bytes, aligned to `align`, from the region, or from a new one. The second result is the memory that
    /// [`ask_for_huge_pages`] is to be called with, without the lock.
    fn cut(&mut self, size: usize, align: usize) -> Option<(*mut u8, Range<usize>)> {
        let start = self.region.start.next_multiple_of(align);
        if start.checked_add(size)? > self.region.end {
            let length = self.region_size.max(size.checked_add(align)?.checked_next_multiple_of(HUGE_PAGE)?);
            self.region = map_region(length)?;
            self.huge_end = self.region.start;
            self.region_size = (self.region_size * 2).min(REGION_MAX);
            return self.cut(size, align);
        }
        self.region.start = start;
        let block = self.region.cut(size)?;
        let huge_end = self.region.start.next_multiple_of(HUGE_PAGE).max(self.huge_end);
        Some((block, std::mem::replace(&mut self.huge_end, huge_end)..huge_end))
    }

    /// Takes a list of blocks of `class`.
    fn take(&mut self, class: usize) -> Option<NonNull<Free>> {
        let list = NonNull::new(self.lists[class])?;
        // SAFETY: blocks in lists are ours, and were given their links when they came here.
        self.lists[class] = unsafe { (*list.as_ptr()).list };
        Some(list)
    }

    /// Puts a list of blocks of `class` here.
    ///
    /// # Safety
    /// `list` must be a list of blocks of that class which nobody uses.
    unsafe fn put(&mut self, class: usize, list: *mut Free) {
        // SAFETY: the caller's promise.
        unsafe { (*list).list = self.lists[class] };
        self.lists[class] = list;
    }
}

impl Local {
    #[inline]
    fn allocate(&mut self, class: usize) -> Option<(*mut u8, bool)> {
        let first = self.lists[class];
        if first.is_null() {
            return self.allocate_fresh(class);
        }
        // SAFETY: blocks in lists are ours, and were given their links when they came here.
        self.lists[class] = unsafe { (*first).next };
        self.counts[class] = self.counts[class].saturating_sub(1);
        Some((first.cast(), false))
    }

    /// As `allocate`, when the list is empty. Tells whether the bytes are zeros.
    fn allocate_fresh(&mut self, class: usize) -> Option<(*mut u8, bool)> {
        let size = size_of_class(class);
        if let Some(block) = self.chunk.cut(size) {
            return Some((block, true));
        }
        let mut shared = shared();
        if let Some(list) = shared.take(class) {
            self.lists[class] = list.as_ptr();
            // A guess: about half of the list.
            self.counts[class] = (LIST_MAX / size / 2) as u32;
            drop(shared);
            return self.allocate(class);
        }
        let (chunk, next) = shared.cut(CHUNK, UNIT)?;
        drop(shared);
        ask_for_huge_pages(next);
        let chunk = chunk.expose_provenance();
        self.keep_rest();
        self.chunk = Fresh { start: chunk, end: chunk + CHUNK };
        Some((self.chunk.cut(size)?, true))
    }

    /// Puts what is left of the chunk into lists.
    fn keep_rest(&mut self) {
        loop {
            let left = self.chunk.end - self.chunk.start;
            let class = class_of(left + 1).saturating_sub(1).min(SMALL - 1);
            let Some(block) = self.chunk.cut(size_of_class(class)) else { return };
            // SAFETY: the block was just cut, with the size of the class.
            unsafe { self.free(block, class) };
        }
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// `block` must be a block of `class` that nobody uses any more.
    #[inline]
    unsafe fn free(&mut self, block: *mut u8, class: usize) {
        let block = block.cast::<Free>();
        // SAFETY: the caller's promise; blocks have room for links and their alignment.
        unsafe { block.write(Free { next: self.lists[class], list: ptr::null_mut() }) };
        self.lists[class] = block;
        self.counts[class] += 1;
        if self.counts[class] as usize * size_of_class(class) > LIST_MAX {
            // SAFETY: these are unused blocks of that class.
            unsafe { shared().put(class, block) };
            (self.lists[class], self.counts[class]) = (ptr::null_mut(), 0);
        }
    }
}

/// Reserves address space.
fn map_region(size: usize) -> Option<Fresh> {
    // One huge page more than needed, so that an aligned start can be found.
    let whole = size.checked_add(HUGE_PAGE)?;
    let start = map(whole)?.expose_provenance();
    let aligned = start.next_multiple_of(HUGE_PAGE);
    Some(Fresh { start: aligned, end: aligned + size })
}

/// Maps `size` bytes of zeros.
fn map(size: usize) -> Option<*mut u8> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping at a place that the system chooses touches nothing that exists.
    let start = unsafe { libc::mmap(ptr::null_mut(), size, protection, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return None;
    }
    Some(start.cast())
}

/// Asks for huge pages in `range`, which is aligned to them, and looks how long the first takes to come.
///
/// Zeroing one takes a fraction of the time that 512 small pages take, unless the machine is a virtual one which the
/// host gives its memory piece by piece: there a huge page is mostly memory that the guest never had, while small ones
/// are recycled ones. Then it is better to ask no longer.
fn ask_for_huge_pages(range: Range<usize>) {
    if range.is_empty() || SLOW_HUGE_PAGES.load(Ordering::Relaxed) >= SLOW_HUGE_PAGES_MAX {
        return;
    }
    let before = thread_time();
    advise(range.clone());
    // SAFETY: the range is a part of a region; this makes one page of it present and does not change its bytes.
    unsafe { libc::madvise(ptr::with_exposed_provenance_mut(range.start), PAGE, libc::MADV_POPULATE_WRITE) };
    if thread_time().saturating_sub(before) > HUGE_PAGE_TIME_MAX {
        SLOW_HUGE_PAGES.fetch_add(1, Ordering::Relaxed);
    }
}

/// Asks for huge pages in `range`, unless they came slowly.
fn advise(range: Range<usize>) {
    if SLOW_HUGE_PAGES.load(Ordering::Relaxed) < SLOW_HUGE_PAGES_MAX {
        // A wish: without huge pages memory is only slower.
        // SAFETY: the range was mapped here, and advice does not change its bytes.
        unsafe { libc::madvise(ptr::with_exposed_provenance_mut(range.start), range.len(), libc::MADV_HUGEPAGE) };
    }
}

/// The processor time of this thread in nanoseconds.
fn thread_time() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock exists, and the system writes the time to where there is room for it.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The size in bytes of the mapping for a block of `size` bytes.
fn mapping_size(size: usize) -> usize {
    size.next_multiple_of(PAGE)
}

/// The allocator; there is one, and all values of this type are it.
pub struct Heap;

impl Heap {
    /// A block for `layout`, and whether its bytes are zeros.
    #[inline]
    fn allocate(layout: Layout) -> Option<(*mut u8, bool)> {
        let class = class_of(layout.size());
        if layout.align() > UNIT || class >= SMALL {
            return Self::allocate_shared(layout, class);
        }
        // SAFETY: the reference ends before anything else can ask for one: nothing in it allocates.
        LOCAL.with(|local| unsafe { (*local.get()).allocate(class) })
    }

    /// As `allocate`, for blocks that are large or have a strict alignment.
    fn allocate_shared(layout: Layout, class: usize) -> Option<(*mut u8, bool)> {
        if class >= CLASSES {
            let size = mapping_size(layout.size());
            let block = if layout.align() <= PAGE { map(size)? } else { return None };
            advise(block.expose_provenance()..block.addr() + size);
            return Some((block, true));
        }
        let mut shared = shared();
        if layout.align() <= UNIT
            && let Some(block) = shared.take(class)
        {
            return Some((block.as_ptr().cast(), false));
        }
        let (block, next) = shared.cut(size_of_class(class), layout.align().max(UNIT))?;
        drop(shared);
        ask_for_huge_pages(next);
        Some((block, true))
    }
}

// SAFETY: blocks are at least as large as their class, of which every size has one; they are aligned to UNIT, or as
// `Shared::cut` was asked, or to pages; nobody else gets them before they are freed.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::allocate(layout).map_or(ptr::null_mut(), |(block, _)| block)
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match Self::allocate(layout) {
            Some((block, is_zero)) => {
                if !is_zero {
                    // SAFETY: the block has as many bytes, and they are ours until we return it.
                    unsafe { block.write_bytes(0, layout.size()) };
                }
                block
            }
            None => ptr::null_mut(),
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let class = class_of(layout.size());
        // SAFETY: the caller gives back a block of this layout, that is of this class.
        unsafe {
            if class < SMALL {
                LOCAL.with(|local| (*local.get()).free(block, class));
            } else if class < CLASSES {
                let block = block.cast::<Free>();
                block.write(Free { next: ptr::null_mut(), list: ptr::null_mut() });
                shared().put(class, block);
            } else {
                libc::munmap(block.cast(), mapping_size(layout.size()));
            }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let (old, new) = (class_of(layout.size()), class_of(size));
        if old == new && old < CLASSES {
            return block;
        }
        if old >= CLASSES && new >= CLASSES {
            let (from, to) = (mapping_size(layout.size()), mapping_size(size));
            // SAFETY: the block is a mapping of that size; the caller no longer uses it where it was.
            let moved = unsafe { libc::mremap(block.cast(), from, to, libc::MREMAP_MAYMOVE) };
            return if moved == libc::MAP_FAILED { ptr::null_mut() } else { moved.cast() };
        }
        // SAFETY: the caller says that the size fits a layout; both blocks have the bytes that are copied.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_has_the_smallest_class_that_holds_it() {
        for size in (0..5000).chain((5000..DIRECT * 3).step_by(997)) {
            let class = class_of(size);
            assert!(size_of_class(class) >= size && size_of_class(class).is_multiple_of(UNIT), "{size}");
            assert!(class == 0 || size_of_class(class - 1) < size, "{size}");
        }
        assert_eq!((size_of_class(SMALL - 1), size_of_class(CLASSES)), (SMALL_MAX, DIRECT));
    }

    /// Blocks of all sizes, written whole, grown, given back in another order and by other threads.
    #[test]
    fn blocks_keep_their_bytes_and_are_apart() {
        let layout = |size, align| Layout::from_size_align(size, align).unwrap();
        let sizes = [1, 15, 16, 17, 100, 128, 129, 5000, SMALL_MAX, SMALL_MAX + 1, 1 << 20, DIRECT, DIRECT + 5];
        let work = || {
            let mut blocks = Vec::new();
            for round in 0..40usize {
                for (number, &size) in sizes.iter().enumerate() {
                    let layout = layout(size, [1, 8, 16, 64, PAGE][(round + number) % 5]);
                    // SAFETY: no size is 0; each block is written within its size and given back once.
                    unsafe {
                        let block = Heap.alloc_zeroed(layout);
                        assert!(!block.is_null() && block.addr().is_multiple_of(layout.align()));
                        assert!(std::slice::from_raw_parts(block, size).iter().all(|&byte| byte == 0));
                        block.write_bytes(number as u8 + 1, size);
                        blocks.push((block.expose_provenance(), layout, number as u8 + 1));
                    }
                }
                let keep = blocks.len().min(sizes.len() * 2);
                for (block, layout, fill) in blocks.drain(keep / 2..).rev() {
                    let block = ptr::with_exposed_provenance_mut::<u8>(block);
                    // SAFETY: as above.
                    unsafe {
                        assert!(std::slice::from_raw_parts(block, layout.size()).iter().all(|&byte| byte == fill));
                        Heap.dealloc(block, layout);
                    }
                }
            }
        };
        std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(work))));
    }

    #[test]
    fn blocks_grow_and_shrink_with_their_bytes() {
        let mut size = 1;
        let mut layout = Layout::from_size_align(size, 1).unwrap();
        // SAFETY: the block is used within its size, and not after it was given back.
        unsafe {
            let mut block = Heap.alloc(layout);
            block.write(7);
            for factor in (0..25).map(|_| 2).chain((0..25).map(|_| 0)) {
                size = if factor == 2 { size * 2 } else { size / 2 };
                block = Heap.realloc(block, layout, size);
                layout = Layout::from_size_align(size, 1).unwrap();
                assert_eq!(block.read(), 7);
                block.add(size - 1).write(7);
            }
            Heap.dealloc(block, layout);
        }
    }

    #[test]
    fn what_one_thread_frees_another_uses() {
        let layout = Layout::from_size_align(1024, 8).unwrap();
        // SAFETY: the blocks are given back once and not used.
        let blocks: Vec<usize> = (0..256).map(|_| unsafe { Heap.alloc(layout) }.expose_provenance()).collect();
        let freed = blocks.clone();
        let give_back = move || {
            freed.into_iter().for_each(|block| unsafe { Heap.dealloc(ptr::with_exposed_provenance_mut(block), layout) })
        };
        std::thread::spawn(give_back).join().unwrap();
        let again = std::thread::spawn(move || {
            (0..128).filter(|_| blocks.contains(&unsafe { Heap.alloc(layout) }.addr())).count()
        });
        assert!(again.join().unwrap() > 0);
    }
}
