//! Where the members of one output segment lie.
//!
//! Only the sum of their sizes is serial: each run of members then knows where it begins, and all are placed at once.

use super::NONE;
use super::members::Member;
use super::merging::Mergeables;
use super::segments::{Chunk, Place, align};
use super::strings::MergedStrings;
use crate::index::{Idx, IndexVec, InputSegmentIdx};
use crate::resolve::Resolution;
use rayon::prelude::*;

/// How much room the runs of an output segment take.
pub(super) struct Extents {
    /// For each run where it begins, and how many chunks it has.
    starts: Vec<(u64, usize)>,
    /// Bytes of the whole.
    pub size: u64,
    /// The largest alignment of a member, as a power of two.
    pub alignment: u32,
}

/// What the members of a run add: the chunk, its bytes, and its alignment as a power of two. Nothing comes of those whose
/// strings lie where those of another one do.
fn members_chunks(
    run: &[Member],
    merged: &Mergeables,
    strings: &[MergedStrings],
) -> impl Iterator<Item = (Chunk, u64, u32)> {
    run.iter().filter_map(|member| {
        if !member.merges {
            return Some((Chunk::Input(member.index), member.size as u64, member.alignment as u32));
        }
        let index = merged.strings_at(member.index)?;
        Some((Chunk::Strings(index), strings[index as usize].size, 0))
    })
}

/// Sums up the sizes of all members, one behind the other, and tells the merged strings where they lie. `None` if it comes
/// to 4 GiB.
pub(super) fn measure(runs: &[Vec<Member>], merged: &Mergeables, strings: &mut [MergedStrings]) -> Option<Extents> {
    let (mut starts, mut size, mut merged_at) = (Vec::with_capacity(runs.len()), 0u64, Vec::new());
    for run in runs {
        let (start, mut count) = (size, 0);
        for (chunk, bytes, alignment) in members_chunks(run, merged, strings) {
            size = align(size, alignment);
            if size.saturating_add(bytes) > u32::MAX as u64 {
                return None;
            }
            if let Chunk::Strings(at) = chunk {
                merged_at.push((at, size));
            }
            size += bytes;
            count += 1;
        }
        starts.push((start, count));
    }
    merged_at.into_iter().for_each(|(at, offset)| strings[at as usize].offset = offset);
    let alignment = runs.iter().flatten().map(|member| member.alignment as u32).max().unwrap_or(0);
    Some(Extents { starts, size, alignment })
}

/// The chunks of output segment `output`, each with its offset. Enters its members in `places`, but for those whose strings
/// are merged.
pub(super) fn place(
    places: &mut IndexVec<InputSegmentIdx, Place>,
    output: u32,
    runs: &[Vec<Member>],
    merged: &Mergeables,
    strings: &[MergedStrings],
    extents: &Extents,
) -> Vec<(Chunk, u64)> {
    let all = |run| members_chunks(run, merged, strings);
    let mut chunks = vec![(Chunk::Strings(NONE), 0); extents.starts.iter().map(|&(_, count)| count).sum()];
    if let [run] = runs {
        // It may be in an order of its own.
        place_run(all(run), 0, &mut chunks, |index, offset| places[index] = Place { output, strings: NONE, offset });
        return chunks;
    }
    let mut rest = &mut *chunks;
    let outs = extents.starts.iter().map(|&(start, count)| (start, rest.split_off_mut(..count).unwrap_or_default()));
    let tasks: Vec<_> = runs.iter().zip(outs).zip(places_of(places, runs)).collect();
    tasks.into_par_iter().with_max_len(1).for_each(|((run, (start, out)), (first, places))| {
        place_run(all(run), start, out, |index, offset| {
            places[index.index() - first] = Place { output, strings: NONE, offset };
        });
    });
    chunks
}

/// Fills `out` with the chunks of a run that begins at `at`, and hands out where each member lies.
fn place_run(
    chunks: impl Iterator<Item = (Chunk, u64, u32)>,
    mut at: u64,
    out: &mut [(Chunk, u64)],
    mut put: impl FnMut(InputSegmentIdx, u32),
) {
    for ((chunk, bytes, alignment), slot) in chunks.zip(out) {
        at = align(at, alignment);
        *slot = (chunk, at);
        if let Chunk::Input(index) = chunk {
            put(index, at as u32);
        }
        at += bytes;
    }
}

/// Enters the members whose strings are merged in `places`.
pub(super) fn place_merged(
    places: &mut IndexVec<InputSegmentIdx, Place>,
    output: u32,
    resolution: &Resolution,
    runs: &[Vec<Member>],
    merged: &Mergeables,
) {
    if merged.is_empty() {
        return;
    }
    let tasks: Vec<_> = runs.iter().zip(places_of(places, runs)).enumerate().collect();
    tasks.into_par_iter().with_max_len(1).for_each(|(number, (run, (first, places)))| {
        merged.number_run(number, run, resolution, |member, strings, offset| {
            places[member.index.index() - first] = Place { output, strings, offset };
        });
    });
}

/// For each run the places of all segments from its first member to its last, and the number of the first. The members of
/// a run are in ascending order, and behind those of the run in front of it.
fn places_of<'p>(
    places: &'p mut IndexVec<InputSegmentIdx, Place>,
    runs: &[Vec<Member>],
) -> impl Iterator<Item = (usize, &'p mut [Place])> {
    let (mut rest, mut done) = (places.as_mut_slice(), 0);
    runs.iter().map(move |run| {
        let bound = |member: Option<&Member>| member.map_or(done, |member| member.index.index());
        let (first, last) = (bound(run.first()), bound(run.last()));
        let behind = std::mem::take(&mut rest).split_at_mut(first - done).1;
        let (own, behind) = behind.split_at_mut(last + 1 - first);
        (rest, done) = (behind, last + 1);
        (first, own)
    })
}

#[cfg(test)]
mod tests {
    use super::super::strings::merge_strings;
    use super::*;
    use crate::index::FileIdx;

    /// Members 10, 13, 16, ... of which every fourth holds strings.
    fn members(count: usize) -> Vec<Member> {
        let member = |i: usize| Member {
            index: InputSegmentIdx::new(10 + 3 * i),
            file: FileIdx::new(i / 7),
            size: (i * 5 % 23) as u32,
            alignment: (i % 5) as u8,
            merges: i % 4 == 3,
        };
        (0..count).map(member).collect()
    }

    #[derive(Debug)]
    struct Placed {
        chunks: Vec<(Chunk, u64)>,
        places: Vec<Place>,
        size: u64,
        alignment: u32,
        /// Offsets and sizes.
        strings: Vec<(u64, u64)>,
    }

    /// What comes of runs of which the first members of so many sets of strings are some.
    fn placed(runs: &[Vec<Member>], sets: usize) -> Placed {
        let firsts = [7, 63, 3].map(|i| InputSegmentIdx::new(10 + 3 * i));
        let merged = Mergeables::of_firsts(firsts[..sets].to_vec());
        let texts: [&[u8]; 3] = [b"some\0strings\0", b"others\0", b"more\0"];
        let mut strings: Vec<_> = texts[..sets].iter().map(|&text| merge_strings(&[text])).collect();
        let extents = measure(runs, &merged, &mut strings).unwrap();
        let nowhere = Place { output: NONE, strings: NONE, offset: 0 };
        let mut places = IndexVec::filled(nowhere, 400);
        let chunks = place(&mut places, 5, runs, &merged, &strings, &extents);
        let places = places.as_slice().to_vec();
        let strings = strings.iter().map(|strings| (strings.offset, strings.size)).collect();
        Placed { chunks, places, size: extents.size, alignment: extents.alignment, strings }
    }

    #[test]
    fn runs_of_any_length_are_placed_as_one() {
        let members = members(100);
        for sets in [0, 1, 3] {
            let whole = placed(std::slice::from_ref(&members), sets);
            let Placed { chunks, places, size, alignment, strings } = &whole;
            assert_eq!((chunks.len(), *alignment), (75 + sets, 4));
            let mut end = 0;
            for &(chunk, at) in chunks {
                let bytes = match chunk {
                    Chunk::Input(index) => {
                        let member = members.iter().find(|member| member.index == index).unwrap();
                        assert_eq!(at, align(end, member.alignment.into()));
                        assert_eq!((places[index.index()].output, places[index.index()].offset.into()), (5, at));
                        member.size.into()
                    }
                    Chunk::Strings(index) => {
                        let (offset, size) = strings[index as usize];
                        assert_eq!((at, at), (end, offset));
                        size
                    }
                };
                end = at + bytes;
            }
            assert_eq!(end, *size);
            assert_eq!(places.iter().filter(|place| place.output == 5).count(), 75);
            for length in [1, 3, 30] {
                let runs: Vec<Vec<Member>> = members.chunks(length).map(<[Member]>::to_vec).collect();
                assert_eq!(format!("{:?}", placed(&runs, sets)), format!("{whole:?}"), "{length}");
            }
        }
    }

    #[test]
    fn four_gib_are_too_much() {
        let large = Member { size: u32::MAX, alignment: 1, ..members(1)[0] };
        let small = Member { size: 1, ..large };
        let fits = |runs: &[Vec<Member>]| measure(runs, &Mergeables::default(), &mut []).is_some();
        assert!(fits(&[vec![large]]));
        assert!(!fits(&[vec![large], vec![small]]) && !fits(&[vec![small], vec![large]]));
    }
}
