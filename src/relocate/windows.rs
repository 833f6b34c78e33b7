//! Large inputs in pieces, each with its own relocations: so they too are copied and relocated by many threads, through
//! small buffers.

use crate::object::relocations::Relocations;
use std::ops::Range;

/// A piece of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its bytes.
    pub bytes: Range<usize>,
    /// Where its relocations lie among the input's; see [`Relocations::part`].
    pub relocations: Range<usize>,
}

/// Inputs with relocations are cut if they have so many bytes: finding the places takes a walk over all relocations.
const LARGE: usize = 1 << 22;

/// Cuts an input of `len` bytes into windows of about `weight`, nowhere within a field. The offsets of its `relocations`
/// count from `base` bytes before its start. One that is not large stays whole.
pub fn windows(len: usize, relocations: Relocations, base: u32, weight: usize) -> Vec<Window> {
    let large = if relocations.is_empty() { 0 } else { LARGE };
    if len < large.max(2 * weight) {
        return vec![Window { bytes: 0..len, relocations: 0..relocations.encoded_size() }];
    }
    cut(len, relocations, base, weight)
}

fn cut(len: usize, relocations: Relocations, base: u32, weight: usize) -> Vec<Window> {
    let mut cuts = Cuts { weight, wanted: weight, last: (0, 0), windows: Vec::new() };
    let (mut field_end, mut at) = (0, 0);
    let mut rest = relocations;
    while let Some(relocation) = rest.next() {
        let start = relocation.offset.wrapping_sub(base) as usize;
        // Sections of data that tools make may be in any order.
        if start < field_end {
            return vec![Window { bytes: 0..len, relocations: 0..relocations.encoded_size() }];
        }
        cuts.add_until(start, field_end, at);
        field_end = start + relocation.kind.field().width();
        at = relocations.encoded_size() - rest.encoded_size();
    }
    // What is left is not cut into crumbs.
    cuts.add_until(len.saturating_sub(weight / 2), field_end, at);
    cuts.finish(len, relocations.encoded_size())
}

struct Cuts {
    weight: usize,
    /// Where the next cut should be.
    wanted: usize,
    /// Where the next window starts, and its relocations.
    last: (usize, usize),
    windows: Vec<Window>,
}

impl Cuts {
    /// Adds all cuts that belong before `end`: from `start` on there is no field, and the next relocation is at `at`.
    fn add_until(&mut self, end: usize, start: usize, at: usize) {
        while self.wanted.max(start) <= end {
            let cut = self.wanted.max(start);
            self.windows.push(Window { bytes: self.last.0..cut, relocations: self.last.1..at });
            self.last = (cut, at);
            self.wanted = cut + self.weight;
        }
    }

    fn finish(mut self, len: usize, relocations: usize) -> Vec<Window> {
        self.windows.push(Window { bytes: self.last.0..len, relocations: self.last.1..relocations });
        self.windows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::RelocationKind;
    use crate::object::relocations::Relocation;

    /// The relocations of four bytes at `offsets`, encoded.
    fn encoded(offsets: impl Iterator<Item = u32>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for offset in offsets {
            let relocation = Relocation { kind: RelocationKind::MEMORY_ADDR_I32, offset, index: 1, addend: 300 };
            relocation.encode(offset, &mut bytes);
        }
        bytes
    }

    #[test]
    fn windows_cover_everything_and_cut_no_field() {
        const LEN: u32 = 10_000;
        for step in [4, 5, 7, 100, 3000, LEN] {
            for weight in [16, 100, 4096, LEN as usize] {
                let bytes = encoded((0..LEN / step).map(|i| 30 + i * step));
                let relocations = Relocations::new(&bytes, 0, bytes.len() as u32);
                let windows = cut(LEN as usize, relocations, 30, weight);
                assert_eq!(windows.len() > 1, weight < LEN as usize, "{step} {weight}");
                let (mut end, mut relocations_end, mut count) = (0, 0, 0);
                for window in &windows {
                    assert_eq!((window.bytes.start, window.relocations.start), (end, relocations_end));
                    (end, relocations_end) = (window.bytes.end, window.relocations.end);
                    assert!(window.bytes.len() <= 2 * weight + 8 || windows.len() == 1);
                    for relocation in relocations.part(&window.relocations) {
                        let field = relocation.offset as usize - 30;
                        assert!(window.bytes.contains(&field) && field + 4 <= window.bytes.end, "{step} {weight}");
                        count += 1;
                    }
                }
                assert_eq!((end, relocations_end, count), (LEN as usize, bytes.len(), LEN / step));
            }
        }
    }

    #[test]
    fn relocations_in_no_order_stay_together() {
        let bytes = encoded([500, 20, 900].into_iter());
        let relocations = Relocations::new(&bytes, 0, bytes.len() as u32);
        assert_eq!(cut(1000, relocations, 0, 100), [Window { bytes: 0..1000, relocations: 0..bytes.len() }]);
    }

    #[test]
    fn only_large_inputs_are_cut() {
        let bytes = encoded([500].into_iter());
        let one = Relocations::new(&bytes, 0, bytes.len() as u32);
        let count = |len, relocations| windows(len, relocations, 0, 1 << 16).len();
        assert_eq!((count(LARGE - 1, one), count(LARGE, one)), (1, LARGE >> 16));
        assert_eq!((count((1 << 17) - 1, Relocations::default()), count(1 << 17, Relocations::default())), (1, 2));
    }
}
