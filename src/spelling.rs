//! How far apart two spellings are.

/// Most edits between a name and one that is like it.
const DISTANCE_MAX: usize = 3;

/// Names longer than this are compared up to here: mangled names can be very long.
const LENGTH_MAX: usize = 256;

/// How many letters of a name of `length` may differ for another name to be like it.
pub fn tolerance(length: usize) -> usize {
    match length {
        0..=2 => 0,
        3..=5 => 1,
        6..=11 => 2,
        _ => DISTANCE_MAX,
    }
}

/// How far `name` is from `other`: inserted, dropped, replaced and swapped neighbouring letters. `None` if they are not
/// alike. Names that differ by case only are alike whatever their length.
pub fn near(name: &str, other: &str) -> Option<usize> {
    let allowed = tolerance(name.len().min(other.len()));
    match distance(name.as_bytes(), other.as_bytes(), allowed) {
        Some(distance) => Some(distance),
        None => name.eq_ignore_ascii_case(other).then_some(DISTANCE_MAX),
    }
}

/// The distance of two spellings (optimal string alignment), if it is at most `limit`.
pub fn distance(a: &[u8], b: &[u8], limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    // What both begin and end with does not count; most pairs are told apart or done here.
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    if a.is_empty() || b.is_empty() {
        return Some(a.len().max(b.len()));
    }
    if limit == 0 || a.len() > LENGTH_MAX || b.len() > LENGTH_MAX {
        return None;
    }
    let mut before = vec![usize::MAX / 2; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1; b.len() + 1];
        for (j, &y) in b.iter().enumerate() {
            let replaced = above[j] + usize::from(x != y);
            row[j + 1] = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        if row.iter().all(|&cost| cost > limit) {
            return None;
        }
        before = std::mem::replace(&mut above, row);
    }
    Some(above[b.len()]).filter(|&distance| distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in
            [("", "", 0), ("abc", "abc", 0), ("abc", "acb", 1), ("ab", "b", 1), ("abcd", "xbcy", 2), ("ca", "abc", 3)]
        {
            assert_eq!(distance(a.as_bytes(), b.as_bytes(), 9), Some(expected), "{a} {b}");
            assert_eq!(distance(b.as_bytes(), a.as_bytes(), 9), Some(expected), "{b} {a}");
        }
        assert_eq!(distance(b"kitten", b"sitting", 2), None);
        assert_eq!(distance(b"kitten", b"sitting", 3), Some(3));
    }

    #[test]
    fn likeness_depends_on_length() {
        assert_eq!(near("foobar_functoin", "foobar_function"), Some(1));
        assert_eq!(near("ab", "ac"), None);
        assert_eq!(near("foo", "fox"), Some(1));
        assert_eq!(near("foo", "fxx"), None);
        assert_eq!(near("GetName", "GETNAME"), Some(DISTANCE_MAX));
        let (long, other) = ("x".repeat(100_000), "y".repeat(100_000));
        assert_eq!(near(&long, &other), None);
    }
}
