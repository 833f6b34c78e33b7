//! Names mangled as the Itanium C++ ABI says, with the extensions that clang has.
//!
//! Most names take a short way, [`direct`]. For the others,
//! [`parser`] and the grammar's modules build a tree of [`node`]s; [`printer`] and its modules write its text.
//! Spec: <https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling>.

mod direct;
mod direct_names;
mod direct_types;
mod encoding;
mod expressions;
mod float;
mod literals;
mod names;
mod node;
mod operators;
mod parser;
mod print_expressions;
mod print_names;
mod print_types;
mod printer;
mod templates;
mod types;

pub(super) use parser::Scratch;

/// Appends the text of the mangled `name` to `out`. Fails if the name does not fit the grammar, nests too deeply or
/// has too long a text; `out` may then have been added to.
pub(super) fn demangle(name: &[u8], scratch: &mut Scratch, out: &mut Vec<u8>) -> Option<()> {
    let start = out.len();
    if direct::demangle(name, &mut scratch.direct, out).is_some() {
        return Some(());
    }
    out.truncate(start);
    with_tree(name, scratch, out)
}

/// The same, whatever the name.
fn with_tree(name: &[u8], scratch: &mut Scratch, out: &mut Vec<u8>) -> Option<()> {
    let root = parser::Parser::new(name, scratch).mangled_name()?;
    let Scratch { arena, printed, .. } = scratch;
    printer::Printer::run(name, arena, root, printed, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the short way takes `name`; its text must then be that of the tree.
    fn check(name: &[u8], scratch: &mut Scratch) -> bool {
        let mut direct = Vec::new();
        if direct::demangle(name, &mut scratch.direct, &mut direct).is_none() {
            return false;
        }
        let mut tree = Vec::new();
        let shown = String::from_utf8_lossy(name).into_owned();
        let found = with_tree(name, scratch, &mut tree);
        let (direct, tree) = (String::from_utf8_lossy(&direct), String::from_utf8_lossy(&tree));
        assert_eq!((Some(()), direct), (found, tree), "{shown}");
        true
    }

    #[test]
    fn a_name_that_starts_like_the_one_before_is_read_alike() {
        let names = [
            "_ZN1A1BIiPcE1fEPS1_T_",
            "_ZN1A1BIiPcE2ggEPS1_T_",
            "_ZN1A1BIiPcE2ggEPS1_T0_",
            "_ZN1A1BIiPcE12_GLOBAL__N_1EPS1_T_",
            "_ZN1A1BIiPcEB1t1fEPS1_T_",
            "_ZN1A1BIiPcE1fIfEES1_T_S0_",
            "_ZN1A1BIiPcE1fIdEES1_T_S0_",
            "_ZN1A1BIiPcE1fEPS1_T_.x",
            "_ZN1A1BIiPcEC1EPS1_T_",
            "_ZN1A1BIiPcE1f1gE",
            "_ZN1A1BIiJPcfEE1fIJfS0_EEEvDpRT_S1_",
            "_ZN1A1BIiJPcfEE1gIJfS0_EEEvDpRT_S1_",
            "_ZN1A1BE",
        ];
        let mut scratch = Scratch::default();
        for name in names.iter().flat_map(|first| names.map(|second| [*first, second])).flatten() {
            let shared = check(name.as_bytes(), &mut scratch);
            assert_eq!(shared, check(name.as_bytes(), &mut Scratch::default()), "{name}");
        }
    }

    #[test]
    fn pointers_to_functions_and_arrays_take_the_short_way() {
        let names = ["PFviE", "RPFvPKcE", "PPFPviE", "OPPF1AvE", "RFvvE", "RA42_Kc", "PPA3_i"];
        for types in names {
            for name in [format!("_Z1f{types}"), format!("_Z1fI{types}EvT_"), format!("_Z1fIJ{types}iEEvDpT_")] {
                assert!(check(name.as_bytes(), &mut Scratch::default()), "{name}");
            }
        }
    }

    #[test]
    fn the_short_way_writes_what_the_tree_writes() {
        let lines = include_str!("../../../tests/data/demangle/itanium.tsv").lines();
        let names: Vec<&[u8]> = lines.filter_map(|line| Some(line.split_once('\t')?.0.as_bytes())).collect();
        let mut scratch = Scratch::default();
        let mut random = 1u64;
        let mut below = |limit: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % limit.max(1) as u64) as usize
        };
        let mut taken = 0;
        for &name in &names {
            taken += usize::from(check(name, &mut scratch));
            // Damage: pieces that are cut out, come twice or come from another name, and single letters.
            for _ in 0..400 {
                let mut damaged = name.to_vec();
                for _ in 0..=below(2) {
                    let from = names[below(names.len())];
                    let (at, piece) = (below(damaged.len()), below(from.len()));
                    let end = (piece + 1 + below(12)).min(from.len());
                    match below(4) {
                        0 => damaged[at] = b"NSTIEKPRFZJLDCUlv_0123Biot"[below(26)],
                        1 => _ = damaged.drain(at..(at + 1 + below(6)).min(damaged.len())),
                        _ => _ = damaged.splice(at..at, from[piece..end].iter().copied()),
                    }
                    if damaged.is_empty() {
                        break;
                    }
                }
                taken += usize::from(check(&damaged, &mut scratch));
            }
        }
        assert!(taken > 5_000, "{taken}");
    }
}
