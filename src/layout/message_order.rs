//! The order in which wasm-ld lists features: that of LLVM's table of strings, which probes quadratically.

use xxhash_rust::xxh3::xxh3_64;

/// Buckets of a table that just got its first string.
const FIRST_BUCKETS: usize = 16;

/// `names`, which are distinct and in order of insertion, as a walk over LLVM's table meets them.
pub fn table_order<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut buckets: Vec<Option<&str>> = vec![None; FIRST_BUCKETS];
    for (i, name) in names.into_iter().enumerate() {
        insert(&mut buckets, name);
        // More than three quarters full: twice the buckets, filled in the order of the old ones.
        if (i + 1) * 4 > buckets.len() * 3 {
            let old = std::mem::take(&mut buckets);
            buckets = vec![None; old.len() * 2];
            old.into_iter().flatten().for_each(|name| insert(&mut buckets, name));
        }
    }
    buckets.into_iter().flatten().collect()
}

/// Puts `name` into the first free bucket of its probe sequence; there is always a free one.
fn insert<'a>(buckets: &mut [Option<&'a str>], name: &'a str) {
    let mask = buckets.len() - 1;
    let mut at = xxh3_64(name.as_bytes()) as usize & mask;
    let mut step = 1;
    while buckets[at].is_some() {
        at = (at + step) & mask;
        step += 1;
    }
    buckets[at] = Some(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_come_as_wasm_ld_22_lists_them() {
        let inserted = [
            "bulk-memory-opt",
            "call-indirect-overlong",
            "multivalue",
            "mutable-globals",
            "nontrapping-fptoint",
            "reference-types",
            "sign-ext",
        ];
        let listed = [
            "call-indirect-overlong",
            "nontrapping-fptoint",
            "mutable-globals",
            "reference-types",
            "multivalue",
            "sign-ext",
            "bulk-memory-opt",
        ];
        assert_eq!(table_order(inserted), listed);
    }

    #[test]
    fn a_table_that_grows_keeps_every_string() {
        let names: Vec<String> = (0..1000).map(|i| format!("feature-{i}")).collect();
        let mut listed = table_order(names.iter().map(String::as_str));
        listed.sort_by_key(|name| name["feature-".len()..].parse::<u32>().unwrap_or(0));
        assert_eq!(listed, names);
    }
}
