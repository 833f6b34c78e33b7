//! The order in which wasm-ld walks its set of exported names.
//!
//! wasm-ld keeps `--export` names in an open-addressing hash table (xxh3, 16 slots at first, doubled above 3/4 load,
//! triangular probing) and extracts archive members in the order of its slots. Members' functions are numbered in
//! extraction order, so equal bytes need equal slots.

use crate::intern::hash;

/// `names` without repeats, in slot order.
pub fn slot_order<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut slots: Vec<Option<&str>> = vec![None; 16];
    let mut len = 0;
    for name in names {
        if !insert(&mut slots, name) {
            continue;
        }
        len += 1;
        if len * 4 > slots.len() * 3 {
            let mut larger = vec![None; slots.len() * 2];
            for name in slots.into_iter().flatten() {
                insert(&mut larger, name);
            }
            slots = larger;
        }
    }
    slots.into_iter().flatten().collect()
}

fn insert<'a>(slots: &mut [Option<&'a str>], name: &'a str) -> bool {
    let mask = slots.len() - 1;
    let mut slot = hash(name.as_bytes()) as u32 as usize & mask;
    for step in 1.. {
        match slots[slot] {
            Some(present) if present == name => return false,
            Some(_) => slot = (slot + step) & mask,
            None => break,
        }
    }
    slots[slot] = Some(name);
    true
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_name_appears_once() {
        let names: Vec<String> = (0..100).map(|i| format!("f{}", i % 50)).collect();
        let mut order = super::slot_order(names.iter().map(String::as_str));
        assert_eq!(order.len(), 50);
        order.sort_unstable();
        order.dedup();
        assert_eq!(order.len(), 50);
    }
}
