//! The compact order of segments: a total order that leaves few gaps and gives what code names most often the lowest
//! addresses, hence the shortest numbers.

use rayon::prelude::*;

/// What the compact order of segments goes by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'i> {
    /// Its class in wasm-ld's order of output segments, below 8.
    pub category: u8,
    /// Its name.
    pub name: &'i str,
    /// Alignment as a power of two.
    pub alignment: u32,
    /// How often code names it.
    pub references: u32,
}

/// The order in which `items` are to lie: by category, prefix of the name, alignment (descending), references
/// (descending), rest of the name, position in `items`. The last makes the order total.
pub(super) fn order(items: &[Item]) -> Vec<u32> {
    keys(items).into_iter().map(position).collect()
}

/// The position in `items` of what has the key `key`.
pub(super) fn position(key: u128) -> u32 {
    key as u32
}

/// `key`, with `references` in it.
pub(crate) fn with_references(key: u128, references: impl Fn(u32) -> u32) -> u128 {
    const SHIFT: u32 = 64;
    let old = !((key >> SHIFT) as u32);
    key & !((u32::MAX as u128) << SHIFT) | (!references(old) as u128) << SHIFT
}

/// The keys of `items` in ascending order: that in which they are to lie.
pub(super) fn keys(items: &[Item]) -> Vec<u128> {
    let (prefixes, suffixes): (Vec<&str>, Vec<&str>) = items.iter().map(|item| split(item.name)).unzip();
    let (prefixes, suffixes) = rayon::join(|| ranks(&prefixes), || ranks(&suffixes));
    let key = |(i, item): (usize, &Item)| key(item, prefixes[i], suffixes[i], i as u32);
    let mut keys: Vec<u128> = items.par_iter().enumerate().map(key).collect();
    keys.par_sort_unstable();
    keys
}

/// Bits of a key for the rank of a prefix. There are few; beyond that they share the last rank.
const PREFIX_BITS: u32 = 22;

/// category:3 | prefix:22 | 63 - alignment:6 | !references:32 | suffix:32 | id:32
fn key(item: &Item, prefix: u32, suffix: u32, id: u32) -> u128 {
    let fields = [
        (3, item.category as u32),
        (PREFIX_BITS, prefix.min((1 << PREFIX_BITS) - 1)),
        (6, 63 - item.alignment.min(63)),
        (32, !item.references),
        (32, suffix),
        (32, id),
    ];
    fields.iter().fold(0, |key, &(bits, value)| key << bits | value as u128)
}

/// Splits a name in front of the second dot, where a dot at the start counts as the first: `.rodata` and `.str.1`.
fn split(name: &str) -> (&str, &str) {
    let first = name.find('.');
    let second = first.and_then(|first| Some(first + 1 + name[first + 1..].find('.')?));
    name.split_at(second.unwrap_or(name.len()))
}

/// The rank of each text among all that differ.
fn ranks(texts: &[&str]) -> Vec<u32> {
    let mut sorted = texts.to_vec();
    sorted.par_sort_unstable();
    sorted.dedup();
    texts.par_iter().map(|text| sorted.partition_point(|other| other < text) as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_split_in_front_of_the_second_dot() {
        for (name, parts) in [
            (".rodata.str.1", (".rodata", ".str.1")),
            (".rodata..L.str", (".rodata", "..L.str")),
            (".data", (".data", "")),
            ("a.b.c", ("a.b", ".c")),
            ("plain", ("plain", "")),
            (".", (".", "")),
            ("..", (".", ".")),
            ("", ("", "")),
        ] {
            assert_eq!(split(name), parts, "{name}");
        }
    }

    #[test]
    fn each_key_decides_before_those_behind_it() {
        let item = |category, name, alignment, references| Item { category, name, alignment, references };
        // In the wanted order; each differs from the one before in a stronger key than any to its advantage.
        let sorted = [
            item(0, ".z.z", 0, 0),
            item(1, ".a.z", 0, 0),
            item(1, ".b.z", 4, 0),
            item(1, ".b.z", 2, u32::MAX),
            item(1, ".b.z", 2, 7),
            item(1, ".b.a", 2, 6),
            item(1, ".b.b", 2, 6),
            item(1, ".b.b", 2, 6),
            item(7, ".b.b", u32::MAX, u32::MAX),
        ];
        assert_eq!(order(&sorted), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        let reversed: Vec<Item> = sorted.iter().rev().copied().collect();
        assert_eq!(order(&reversed), [8, 7, 6, 5, 4, 3, 1, 2, 0], "those that are equal stay as they were");
    }
}
