//! Floating point literals: from the hexadecimal digits of their bytes to C's `%a` form.

use std::fmt::Write;

/// The literal whose bytes, most significant first, `digits` gives: 8 of them for a `float`, 16 for a `double`, 20 for
/// the `long double` of x86.
pub(super) fn literal(digits: &[u8]) -> String {
    let bits = digits.chunks(2).fold(0u128, |bits, pair| bits << 8 | u128::from(byte(pair)));
    match digits.len() {
        8 => format!("{}f", double(f64::from(f32::from_bits(bits as u32)))),
        16 => double(f64::from_bits(bits as u64)),
        _ => format!("{}L", extended(bits)),
    }
}

fn byte(pair: &[u8]) -> u8 {
    let value = |digit: u8| if digit.is_ascii_digit() { digit - b'0' } else { digit - b'a' + 10 };
    pair.iter().fold(0, |byte, &digit| byte << 4 | value(digit))
}

/// `%a` of a `double`.
fn double(value: f64) -> String {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let biased = (bits >> 52 & 0x7ff) as i32;
    let sign = if bits >> 63 == 1 { "-" } else { "" };
    match (biased, fraction) {
        (0x7ff, 0) => format!("{sign}inf"),
        (0x7ff, _) => format!("{sign}nan"),
        (0, 0) => format!("{sign}0x0p+0"),
        (0, _) => format!("{sign}{}", hexadecimal(0, fraction, 13, -1022)),
        _ => format!("{sign}{}", hexadecimal(1, fraction, 13, biased - 1023)),
    }
}

/// `%La` of the 80-bit format, whose leading digit holds 4 bits.
fn extended(bits: u128) -> String {
    let mantissa = bits as u64;
    let biased = (bits >> 64 & 0x7fff) as i32;
    let sign = if bits >> 79 & 1 == 1 { "-" } else { "" };
    let fraction = mantissa & (u64::MAX >> 4);
    match (biased, mantissa << 1) {
        (0x7fff, 0) if mantissa != 0 => format!("{sign}inf"),
        // Numbers whose first bit is not 1 are none to the processor.
        (0x7fff, _) => format!("{sign}nan"),
        (1.., _) if mantissa >> 63 == 0 => format!("{sign}nan"),
        _ if mantissa == 0 && biased == 0 => format!("{sign}0x0p+0"),
        _ => format!("{sign}{}", hexadecimal(mantissa >> 60, fraction, 15, biased.max(1) - 16383 - 3)),
    }
}

/// `0x<lead>.<fraction>p<exponent>`, the fraction `width` digits wide less its last zeros.
fn hexadecimal(lead: u64, fraction: u64, width: usize, exponent: i32) -> String {
    let mut text = format!("0x{lead:x}");
    if fraction != 0 {
        let digits = format!("{fraction:0width$x}");
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
    // Writing to a string cannot fail.
    let _ = write!(text, "p{exponent:+}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_those_of_printf() {
        assert_eq!(literal(b"3f800000"), "0x1p+0f");
        assert_eq!(literal(b"c0490fdb"), "-0x1.921fb6p+1f");
        assert_eq!(literal(b"400921fb54442d18"), "0x1.921fb54442d18p+1");
        assert_eq!(literal(b"0000000000000001"), "0x0.0000000000001p-1022");
        assert_eq!(literal(b"3fff8000000000000000"), "0x8p-3L");
    }
}
