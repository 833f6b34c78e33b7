//! Punycode, with `_` for the delimiter. Spec: RFC 3492.

const BASE: usize = 36;
const THRESHOLD_MIN: usize = 1;
const THRESHOLD_MAX: usize = 26;
const SKEW: usize = 38;
const DAMP: usize = 700;

/// Appends the text that `encoded` stands for to `out`. Fails if it stands for none.
pub(super) fn decode(encoded: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (basic, extended) = match encoded.iter().rposition(|&byte| byte == b'_') {
        Some(delimiter) => (&encoded[..delimiter], &encoded[delimiter + 1..]),
        None => (&b""[..], encoded),
    };
    let mut text: Vec<char> = basic.iter().map(|&byte| char::from(byte)).collect();
    let mut digits = extended.iter();
    let (mut code, mut index, mut bias) = (0x80u32, 0usize, 72usize);
    while !digits.as_slice().is_empty() {
        let before = index;
        let mut weight = 1usize;
        let mut position = BASE;
        loop {
            let digit = match *digits.next()? {
                byte @ b'a'..=b'z' => usize::from(byte - b'a'),
                byte @ b'0'..=b'9' => usize::from(byte - b'0') + 26,
                _ => return None,
            };
            index = index.checked_add(digit.checked_mul(weight)?)?;
            let threshold = position.saturating_sub(bias).clamp(THRESHOLD_MIN, THRESHOLD_MAX);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            position += BASE;
        }
        let count = text.len() + 1;
        bias = adapt(index - before, count, before == 0);
        code = code.checked_add(u32::try_from(index / count).ok()?)?;
        index %= count;
        text.insert(index, char::from_u32(code)?);
        index += 1;
    }
    out.extend_from_slice(text.into_iter().collect::<String>().as_bytes());
    Some(())
}

/// The bias after a code point that was `delta` away.
fn adapt(delta: usize, count: usize, first: bool) -> usize {
    let mut delta = delta / if first { DAMP } else { 2 };
    delta += delta / count;
    let mut steps = 0;
    while delta > (BASE - THRESHOLD_MIN) * THRESHOLD_MAX / 2 {
        delta /= BASE - THRESHOLD_MIN;
        steps += BASE;
    }
    steps + (BASE - THRESHOLD_MIN + 1) * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use super::decode;

    fn decoded(encoded: &str) -> Option<String> {
        let mut out = Vec::new();
        decode(encoded.as_bytes(), &mut out)?;
        String::from_utf8(out).ok()
    }

    #[test]
    fn words_are_decoded() {
        assert_eq!(decoded("gdel_5qa").as_deref(), Some("g\u{f6}del"));
        assert_eq!(decoded("abc_").as_deref(), Some("abc"));
        assert_eq!(decoded("egbpdaj6bu4bxfgehfvwxn").map(|text| text.chars().count()), Some(17));
        assert_eq!(decoded("a_b"), None);
        assert_eq!(decoded("99999999999999999999a"), None);
    }
}
