//! Names and the texts that LLVM 22 has for them, and names made to do harm.

use super::demangle;

/// Checks lines of a mangled name, a tab and its text.
fn check(cases: &str) {
    let mut wrong = Vec::new();
    for line in cases.lines() {
        let Some((name, text)) = line.split_once('\t') else { panic!("no tab in {line:?}") };
        let found = demangle(name);
        if found != text {
            wrong.push(format!("{name}\n  expected {text}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn itanium_names_read_as_llvm_shows_them() {
    check(include_str!("../../tests/data/demangle/itanium.tsv"));
}

#[test]
fn rust_names_read_as_llvm_shows_them() {
    check(include_str!("../../tests/data/demangle/rust.tsv"));
}

#[test]
fn a_name_of_another_kind_is_borrowed() {
    for name in ["", "_", "main", "_start", "__wasm_call_ctors", "?f@@YAXXZ", "_D3foo3barFZv", "_\u{e9}Z"] {
        assert!(matches!(demangle(name), std::borrow::Cow::Borrowed(same) if same == name), "{name}");
    }
}

/// `count` times `open`, then `middle`, then as often `close`.
fn nested(before: &str, open: &str, middle: &str, close: &str, count: usize) -> String {
    format!("{before}{}{middle}{}", open.repeat(count), close.repeat(count))
}

#[test]
fn deep_nesting_leaves_a_name_unchanged() {
    let open_and_close = [
        ("_Z1f", "P", "i", ""),
        ("_Z1f", "1AI", "i", "E"),
        ("_Z1f", "N1AI", "i", "E1BE"),
        ("_Z", "Z", "1fv", "E1g"),
        ("_Z1fIX", "ng", "Li1E", ""),
        ("_Z1fI", "J", "i", "E"),
        ("_Z1f", "U3foo", "i", ""),
        ("_Z1f", "PF", "i", "vE"),
        ("_Z1f", "M1A", "i", ""),
        ("_Z1f", "Dt", "Li1E", "E"),
        ("_Z1fI", "Tp", "Tyi", ""),
        ("_ZN1A", "CI1N1A", "C1E", "E"),
        ("_Z1fIXtl1A", "di1a", "Li1E", ""),
        ("_ZZ1fvENKUl", "TtTp", "Ty", "E"),
        ("_RINvC1a1b", "R", "m", ""),
        ("_RINvC1a1b", "INtC1a1b", "m", "E"),
        ("_R", "Nv", "C1a", "1b"),
        ("_R", "M", "C1a", "m"),
        ("_R", "Y", "m", "C1a"),
    ];
    for (before, open, middle, close) in open_and_close {
        let name = nested(before, open, middle, close, 100_000);
        assert_eq!(demangle(&name), name, "{open}");
    }
}

#[test]
fn the_deepest_nesting_allowed_fits_a_small_stack() {
    let check = || {
        for count in [100, 200, 300, 400, 500, 700, 1000, 1023] {
            for name in [
                nested("_Z1f", "1AI", "i", "E", count),
                nested("_Z1f", "N1AI", "i", "E1BE", count),
                nested("_Z", "Z", "1fv", "E1g", count),
                nested("_Z1fIX", "cl", "Li1E", "E", count),
                nested("_Z1fIX", "srDt", "Li1E", "E1x", count),
                nested("_Z1f", "PF", "i", "vE", count),
                nested("_RINvC1a1b", "INtC1a1b", "m", "E", count) + "E",
            ] {
                let _ = demangle(&name);
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(check);
    assert!(thread.is_ok_and(|thread| thread.join().is_ok()));
}

#[test]
fn a_text_that_doubles_again_and_again_leaves_a_name_unchanged() {
    // Each argument is twice the one before; each makes two substitutions, of the template and of the class.
    let mut itanium = String::from("_Z1f1AIiiE");
    for step in 0..40 {
        let previous = radix(2 * step, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        itanium += &format!("1AIS{previous}_S{previous}_E");
    }
    assert_eq!(demangle(&itanium), itanium);
    // Empty packs print nothing, however often.
    let empty = format!("_Z1fIJEEv{}", "DpT_".repeat(1000));
    assert!(demangle(&empty).len() < 100);
    // Each tuple holds the one before twice; positions count from behind `_R`.
    let mut rust = String::from("_RINvC1a1b");
    let mut previous = None;
    for _ in 0..40 {
        let position = rust.len() - 2;
        rust += &match previous {
            None => String::from("TmmE"),
            Some(at) => format!(
                "TB{0}_B{0}_E",
                radix(at - 1, b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
            ),
        };
        previous = Some(position);
    }
    rust += "E";
    assert_eq!(demangle(&rust), rust);
}

/// `value` in the number system of `digits`.
fn radix(value: usize, digits: &[u8]) -> String {
    let digit = char::from(digits[value % digits.len()]);
    match value / digits.len() {
        0 => digit.to_string(),
        rest => radix(rest, digits) + digit.encode_utf8(&mut [0; 4]),
    }
}

#[test]
fn numbers_without_end_are_harmless() {
    let digits = "9".repeat(400);
    for name in [
        format!("_Z{digits}a"),
        format!("_Z1fS{digits}_"),
        format!("_Z1fIiEvT{digits}_"),
        format!("_Z1fIiEvTL{digits}__"),
        format!("_RNvC1a{digits}b"),
        format!("_RNvCs{digits}_1a1b"),
        format!("_RNvC1au30{digits}"),
    ] {
        assert_eq!(demangle(&name), name);
    }
}
