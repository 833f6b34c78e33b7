//! The order of merged strings, and where each comes to lie.

use super::split::Unique;
use rayon::prelude::*;
use std::cmp::{Ordering, Reverse};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Bytes in a key.
const KEY_BYTES: usize = 8;

/// The 8 bytes in front of the last `done` and the terminator, the last of them highest; zero in front of the string.
pub(super) fn tail_key(string: &[u8], done: usize) -> u64 {
    let rest = &string[..(string.len() - 1).saturating_sub(done)];
    match rest.last_chunk() {
        Some(&bytes) => u64::from_le_bytes(bytes),
        None => rest.iter().rev().fold((0, 56), |(key, at), &byte| (key | (byte as u64) << at, at - 8)).0,
    }
}

/// Sorts different strings, which have their keys, in descending order of what they are when reversed.
pub(super) fn sort_reversed(strings: &mut [Unique]) {
    strings.par_sort_unstable_by_key(|unique| Reverse(unique.key));
    let groups: Vec<&mut [Unique]> =
        strings.chunk_by_mut(|a, b| a.key == b.key).filter(|group| group.len() > 1).collect();
    groups.into_par_iter().for_each(|group| {
        // Groups that agree in their last bytes, and in how many.
        let mut groups = vec![(group, KEY_BYTES)];
        while let Some((group, done)) = groups.pop() {
            if group.len() <= FEW {
                group.sort_unstable_by(|a, b| compare_reversed(b.string, a.string, done));
                continue;
            }
            group.iter_mut().for_each(|unique| unique.key = tail_key(unique.string, done));
            group.sort_unstable_by_key(|unique| Reverse(unique.key));
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

/// Strings that one task places.
const TASK_STRINGS: usize = 1 << 12;

/// Where sorted strings come to lie.
pub(super) struct Placed {
    /// By id.
    pub offsets: Vec<AtomicU32>,
    /// Bytes that all take.
    pub size: u64,
    /// How many take space.
    pub kept: usize,
}

/// Gives sorted strings, whose ids are below `limit`, their offsets in place of their keys. What ends with a string stands
/// right in front of it; the string itself is empty then, since it takes no space.
pub(super) fn place(strings: &mut [Unique], limit: usize) -> Placed {
    let is_shared = |i: usize| i > 0 && strings[i - 1].string.ends_with(strings[i].string);
    let shared: Vec<bool> = (0..strings.len()).into_par_iter().with_min_len(TASK_STRINGS).map(is_shared).collect();
    let kept = |(strings, shared): (&[Unique], &[bool])| {
        let kept = strings.iter().zip(shared).filter(|&(_, &shared)| !shared);
        kept.fold((0, 0), |(bytes, count), (unique, _)| (bytes + unique.string.len(), count + 1))
    };
    let tasks = strings.par_chunks(TASK_STRINGS).zip(shared.par_chunks(TASK_STRINGS));
    let sums: Vec<(usize, usize)> = tasks.map(kept).collect();
    let (starts, size) = crate::par::prefix_sums(0, sums.iter().map(|&(bytes, _)| bytes));
    let offsets: Vec<AtomicU32> = (0..limit).map(|_| AtomicU32::new(0)).collect();
    let tasks = strings.par_chunks_mut(TASK_STRINGS).zip(shared.par_chunks(TASK_STRINGS)).zip(starts);
    tasks.for_each(|((strings, shared), start)| {
        let mut end = start;
        for (unique, &shared) in strings.iter_mut().zip(shared) {
            let len = unique.string.len();
            end += if shared { 0 } else { len };
            unique.key = (end - len) as u64;
            offsets[*unique.link.get_mut() as usize].store((end - len) as u32, Relaxed);
            if shared {
                unique.string = &[];
            }
        }
    });
    Placed { offsets, size: size as u64, kept: sums.iter().map(|&(_, count)| count).sum() }
}
