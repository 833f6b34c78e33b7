//! LEB128 integers: sizes, minimal and padded forms, checked readers.
//!
//! Spec: WebAssembly core, "Integers" (binary format).

/// Width of a relocatable 32-bit field: a LEB padded to its maximal length.
pub const PADDED_32: usize = 5;
/// Width of a relocatable 64-bit field: a LEB padded to its maximal length.
pub const PADDED_64: usize = 10;

/// Bytes of the minimal unsigned form of `value`.
#[inline]
pub fn unsigned_size(value: u64) -> usize {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

/// Bytes of the minimal signed form of `value`.
#[inline]
pub fn signed_size(value: i64) -> usize {
    let magnitude = if value < 0 { !value } else { value } as u64;
    let bits = 65 - magnitude.leading_zeros() as usize;
    bits.div_ceil(7)
}

/// Numbers below this fit five groups of seven bits, which [`push_groups`] appends.
const GROUPS_END: u64 = 1 << 35;

/// Appends the lowest `len` groups of seven bits, at most five. Lengths vary without a pattern: a loop would leave it to
/// the processor to guess them.
#[inline]
fn push_groups(out: &mut Vec<u8>, value: u64, len: usize) {
    const GROUP: u64 = 0x7f;
    const MORE: u64 = 0x80_8080_8080;
    let group = |at: u32| (value & GROUP << (7 * at)) << at;
    let bytes = group(0) | group(1) | group(2) | group(3) | group(4);
    let bytes = bytes | MORE & ((1 << (8 * (len - 1))) - 1);
    out.extend_from_slice(&bytes.to_le_bytes());
    out.truncate(out.len() - 8 + len);
}

/// Appends the minimal unsigned form of `value`.
#[inline]
pub fn push_unsigned(out: &mut Vec<u8>, mut value: u64) {
    if value < GROUPS_END {
        return push_groups(out, value, unsigned_size(value));
    }
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends the minimal signed form of `value`.
#[inline]
pub fn push_signed(out: &mut Vec<u8>, mut value: i64) {
    let len = signed_size(value);
    if len <= PADDED_32 {
        return push_groups(out, value as u64 & ((1 << (7 * len)) - 1), len);
    }
    loop {
        let byte = value as u8 & 0x7f;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

/// Appends a name or other counted byte string: length, then bytes.
pub fn push_name(out: &mut Vec<u8>, name: &[u8]) {
    push_unsigned(out, name.len() as u64);
    out.extend_from_slice(name);
}

/// Fills `field` with the unsigned form of `value`, padded to the length of `field`.
///
/// `value` must fit: 32-bit values in 5 bytes, 64-bit values in 10.
#[inline]
pub fn write_unsigned_padded(field: &mut [u8], mut value: u64) {
    let (last, rest) = field.split_last_mut().expect("a padded field is never empty");
    for byte in rest {
        *byte = value as u8 & 0x7f | 0x80;
        value >>= 7;
    }
    *last = value as u8 & 0x7f;
}

/// Fills `field` with the signed form of `value`, padded to the length of `field`.
#[inline]
pub fn write_signed_padded(field: &mut [u8], mut value: i64) {
    let (last, rest) = field.split_last_mut().expect("a padded field is never empty");
    for byte in rest {
        *byte = value as u8 & 0x7f | 0x80;
        value >>= 7;
    }
    *last = value as u8 & 0x7f;
}

/// Why a LEB could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LebError {
    /// The bytes ended inside the integer.
    Truncated,
    /// The integer has more bits than its type.
    TooLarge,
}

impl std::fmt::Display for LebError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Truncated => "unexpected end inside a LEB128 integer",
            Self::TooLarge => "LEB128 integer is too large",
        })
    }
}

/// Reads an unsigned 32-bit LEB at `*position` and moves `*position` behind it.
///
/// # Errors
/// [`LebError`] if the bytes end too early or the value needs more than 32 bits.
#[inline]
pub fn read_u32(bytes: &[u8], position: &mut usize) -> Result<u32, LebError> {
    match bytes.get(*position) {
        Some(&byte) if byte < 0x80 => {
            *position += 1;
            Ok(byte as u32)
        }
        _ => u32::try_from(read_u64(bytes, position)?).map_err(|_| LebError::TooLarge),
    }
}

/// The unsigned LEB in the bytes of `word`, lowest first, and its length, if it has four bytes at most: nearly all have.
///
/// Lengths are easy to guess for the processor: what comes next does not wait for bytes.
#[inline(always)]
pub fn short(word: u32) -> Option<(u32, usize)> {
    let group = |i: u32| word >> i & 0x7f << (7 * i);
    if word & 0x80 == 0 {
        Some((group(0), 1))
    } else if word & 0x8000 == 0 {
        Some((group(0) | group(1), 2))
    } else if word & 0x80_0000 == 0 {
        Some((group(0) | group(1) | group(2), 3))
    } else if word & 0x8000_0000 == 0 {
        Some((group(0) | group(1) | group(2) | group(3), 4))
    } else {
        None
    }
}

/// The same for the bytes at `at`; none either next to the end of `bytes`.
#[inline(always)]
pub fn short_at(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    short(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Reads an unsigned 64-bit LEB at `*position` and moves `*position` behind it.
///
/// # Errors
/// [`LebError`] if the bytes end too early or the value needs more than 64 bits.
pub fn read_u64(bytes: &[u8], position: &mut usize) -> Result<u64, LebError> {
    let mut value = 0u64;
    let mut shift = 0;
    loop {
        let byte = *bytes.get(*position).ok_or(LebError::Truncated)?;
        if shift == 63 && byte > 1 {
            return Err(LebError::TooLarge);
        }
        *position += 1;
        value |= ((byte & 0x7f) as u64) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
        shift += 7;
    }
}

/// Reads a signed 64-bit LEB at `*position` and moves `*position` behind it.
///
/// # Errors
/// [`LebError`] if the bytes end too early or the value needs more than 64 bits.
pub fn read_i64(bytes: &[u8], position: &mut usize) -> Result<i64, LebError> {
    let mut value = 0i64;
    let mut shift = 0;
    loop {
        let byte = *bytes.get(*position).ok_or(LebError::Truncated)?;
        if shift == 63 && byte != 0 && byte != 0x7f {
            return Err(LebError::TooLarge);
        }
        *position += 1;
        value |= ((byte & 0x7f) as i64) << shift;
        shift += 7;
        if byte < 0x80 {
            if shift < 64 && byte & 0x40 != 0 {
                value |= -1 << shift;
            }
            return Ok(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNSIGNED: [u64; 9] = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u32::MAX as u64, 1 << 63, u64::MAX];
    const SIGNED: [i64; 11] = [0, 1, -1, 63, 64, -64, -65, 0x10_0000, i32::MIN as i64, i64::MIN, i64::MAX];

    #[test]
    fn minimal_forms_read_back_and_have_the_announced_size() {
        for value in UNSIGNED {
            let mut out = Vec::new();
            push_unsigned(&mut out, value);
            assert_eq!(out.len(), unsigned_size(value), "{value}");
            assert_eq!(read_u64(&out, &mut 0), Ok(value));
        }
        for value in SIGNED {
            let mut out = Vec::new();
            push_signed(&mut out, value);
            assert_eq!(out.len(), signed_size(value), "{value}");
            assert_eq!(read_i64(&out, &mut 0), Ok(value));
        }
    }

    #[test]
    fn padded_forms_fill_the_field_and_read_back() {
        for value in UNSIGNED {
            let mut field = [0; PADDED_64];
            write_unsigned_padded(&mut field, value);
            let mut position = 0;
            assert_eq!(read_u64(&field, &mut position), Ok(value));
            assert_eq!(position, PADDED_64);
        }
        for value in SIGNED {
            let mut field = [0; PADDED_64];
            write_signed_padded(&mut field, value);
            assert_eq!(read_i64(&field, &mut 0), Ok(value), "{value}");
        }
        for value in [0i64, -1, 0x10_0000, i32::MAX as i64, i32::MIN as i64] {
            let mut field = [0; PADDED_32];
            write_signed_padded(&mut field, value);
            assert_eq!(read_i64(&field, &mut 0), Ok(value), "{value}");
        }
    }

    #[test]
    fn readers_refuse_truncated_and_oversized_integers() {
        assert_eq!(read_u32(&[0x80], &mut 0), Err(LebError::Truncated));
        assert_eq!(read_u32(&[0xff, 0xff, 0xff, 0xff, 0x1f], &mut 0), Err(LebError::TooLarge));
        assert_eq!(read_u64(&[0xff; 11], &mut 0), Err(LebError::TooLarge));
        assert_eq!(read_i64(&[0xff; 11], &mut 0), Err(LebError::TooLarge));
    }
}
