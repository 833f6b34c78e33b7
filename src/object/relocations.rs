//! Relocation sections. Spec: tool-conventions, Linking.md, "Relocation Sections".
//!
//! Entries stay in their encoded form and are decoded as they are walked: reading one costs about as much as loading
//! an unpacked one, and a large link has tens of millions.

use crate::leb;
use std::ops::Range;

/// What a relocation's field looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Unsigned LEB padded to 5 bytes.
    Unsigned5,
    /// Signed LEB padded to 5 bytes.
    Signed5,
    /// Unsigned LEB padded to 10 bytes.
    Unsigned10,
    /// Signed LEB padded to 10 bytes.
    Signed10,
    /// 32 bits, little endian.
    Word4,
    /// 64 bits, little endian.
    Word8,
}

impl Field {
    /// Whether it is a LEB.
    pub const fn is_leb(self) -> bool {
        !matches!(self, Self::Word4 | Self::Word8)
    }
    /// Puts `value`, truncated to the field's width, at the start of `out`.
    #[inline]
    pub fn write(self, value: u64, out: &mut [u8]) {
        match self {
            Self::Unsigned5 => out[..5].copy_from_slice(&padded(value as u32, value as u32 >> 28)),
            Self::Signed5 => out[..5].copy_from_slice(&padded(value as u32, (value as i32 >> 28) as u32)),
            Self::Unsigned10 => leb::write_unsigned_padded(&mut out[..10], value),
            Self::Signed10 => leb::write_signed_padded(&mut out[..10], value as i64),
            Self::Word4 => out[..4].copy_from_slice(&(value as u32).to_le_bytes()),
            Self::Word8 => out[..8].copy_from_slice(&value.to_le_bytes()),
        }
    }
    /// Bytes that the field takes.
    pub const fn width(self) -> usize {
        match self {
            Self::Unsigned5 | Self::Signed5 => 5,
            Self::Unsigned10 | Self::Signed10 => 10,
            Self::Word4 => 4,
            Self::Word8 => 8,
        }
    }
}

/// A LEB of 5 bytes; `high` is what the last of them holds.
#[inline(always)]
fn padded(value: u32, high: u32) -> [u8; 5] {
    let low = (value & 0x7f) | (value & 0x3f80) << 1 | (value & 0x1f_c000) << 2 | (value & 0xfe0_0000) << 3;
    let [a, b, c, d] = (low | 0x8080_8080).to_le_bytes();
    [a, b, c, d, high as u8 & 0x7f]
}

/// What a relocation's value is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Index of a function.
    FunctionIndex,
    /// Table slot of a function.
    TableSlot,
    /// Table slot of a function, relative to `__table_base`.
    TableSlotRelative,
    /// Address of a data symbol.
    Address,
    /// Address of a data symbol, relative to `__memory_base`.
    AddressRelative,
    /// Address of a data symbol, relative to `__tls_base`.
    AddressTls,
    /// Address of a data symbol, relative to the field.
    AddressLocal,
    /// Index of a type: the one target that is no symbol.
    TypeIndex,
    /// Index of a global, or of the GOT entry of a function or data symbol.
    GlobalIndex,
    /// Offset of a function's body in the code section.
    FunctionOffset,
    /// Offset in a custom section.
    SectionOffset,
    /// Index of a tag.
    TagIndex,
    /// Index of a table.
    TableNumber,
}

/// A relocation type as a row: code, name, field, target, addend.
#[derive(Debug)]
pub struct RelocationSpec {
    /// Name as the specification spells it.
    pub name: &'static str,
    /// The field that it changes.
    pub field: Field,
    /// What its value is.
    pub target: Target,
    /// Whether entries carry an addend.
    pub addend: bool,
}

macro_rules! relocations {
    ($($code:literal $name:ident $field:ident $target:ident $addend:literal;)*) => {
        /// Every relocation type, by code.
        pub const RELOCATIONS: [RelocationSpec; 27] = [
            $(RelocationSpec { name: stringify!($name), field: Field::$field, target: Target::$target, addend: $addend },)*
        ];
    };
}

relocations! {
    0 R_WASM_FUNCTION_INDEX_LEB Unsigned5 FunctionIndex false;
    1 R_WASM_TABLE_INDEX_SLEB Signed5 TableSlot false;
    2 R_WASM_TABLE_INDEX_I32 Word4 TableSlot false;
    3 R_WASM_MEMORY_ADDR_LEB Unsigned5 Address true;
    4 R_WASM_MEMORY_ADDR_SLEB Signed5 Address true;
    5 R_WASM_MEMORY_ADDR_I32 Word4 Address true;
    6 R_WASM_TYPE_INDEX_LEB Unsigned5 TypeIndex false;
    7 R_WASM_GLOBAL_INDEX_LEB Unsigned5 GlobalIndex false;
    8 R_WASM_FUNCTION_OFFSET_I32 Word4 FunctionOffset true;
    9 R_WASM_SECTION_OFFSET_I32 Word4 SectionOffset true;
    10 R_WASM_TAG_INDEX_LEB Unsigned5 TagIndex false;
    11 R_WASM_MEMORY_ADDR_REL_SLEB Signed5 AddressRelative true;
    12 R_WASM_TABLE_INDEX_REL_SLEB Signed5 TableSlotRelative false;
    13 R_WASM_GLOBAL_INDEX_I32 Word4 GlobalIndex false;
    14 R_WASM_MEMORY_ADDR_LEB64 Unsigned10 Address true;
    15 R_WASM_MEMORY_ADDR_SLEB64 Signed10 Address true;
    16 R_WASM_MEMORY_ADDR_I64 Word8 Address true;
    17 R_WASM_MEMORY_ADDR_REL_SLEB64 Signed10 AddressRelative true;
    18 R_WASM_TABLE_INDEX_SLEB64 Signed10 TableSlot false;
    19 R_WASM_TABLE_INDEX_I64 Word8 TableSlot false;
    20 R_WASM_TABLE_NUMBER_LEB Unsigned5 TableNumber false;
    21 R_WASM_MEMORY_ADDR_TLS_SLEB Signed5 AddressTls true;
    22 R_WASM_FUNCTION_OFFSET_I64 Word8 FunctionOffset true;
    23 R_WASM_MEMORY_ADDR_LOCREL_I32 Word4 AddressLocal true;
    24 R_WASM_TABLE_INDEX_REL_SLEB64 Signed10 TableSlotRelative false;
    25 R_WASM_MEMORY_ADDR_TLS_SLEB64 Signed10 AddressTls true;
    26 R_WASM_FUNCTION_INDEX_I32 Word4 FunctionIndex false;
}

/// A relocation type; always one of [`RELOCATIONS`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RelocationKind(u8);

/// Types of the fields that code has, and debug information.
#[allow(missing_docs)]
impl RelocationKind {
    pub const FUNCTION_INDEX_LEB: Self = Self(0);
    pub const TABLE_INDEX_SLEB: Self = Self(1);
    pub const TABLE_INDEX_I32: Self = Self(2);
    pub const MEMORY_ADDR_LEB: Self = Self(3);
    pub const MEMORY_ADDR_I32: Self = Self(5);
    pub const MEMORY_ADDR_I64: Self = Self(16);
    pub const TABLE_INDEX_I64: Self = Self(19);
    pub const MEMORY_ADDR_SLEB: Self = Self(4);
    pub const TYPE_INDEX_LEB: Self = Self(6);
    pub const GLOBAL_INDEX_LEB: Self = Self(7);
    pub const FUNCTION_OFFSET_I32: Self = Self(8);
    pub const SECTION_OFFSET_I32: Self = Self(9);
    pub const TAG_INDEX_LEB: Self = Self(10);
    pub const MEMORY_ADDR_REL_SLEB: Self = Self(11);
    pub const TABLE_INDEX_REL_SLEB: Self = Self(12);
    pub const MEMORY_ADDR_LEB64: Self = Self(14);
    pub const MEMORY_ADDR_SLEB64: Self = Self(15);
    pub const MEMORY_ADDR_REL_SLEB64: Self = Self(17);
    pub const TABLE_INDEX_SLEB64: Self = Self(18);
    pub const TABLE_NUMBER_LEB: Self = Self(20);
    pub const MEMORY_ADDR_TLS_SLEB: Self = Self(21);
    pub const TABLE_INDEX_REL_SLEB64: Self = Self(24);
    pub const MEMORY_ADDR_TLS_SLEB64: Self = Self(25);
}

impl RelocationKind {
    /// The type with the code `code`, if there is one.
    pub fn from_code(code: u8) -> Option<Self> {
        ((code as usize) < RELOCATIONS.len()).then_some(Self(code))
    }
    /// The code in the file.
    pub fn code(self) -> u8 {
        self.0
    }
    /// Its row.
    #[inline]
    pub fn spec(self) -> &'static RelocationSpec {
        &RELOCATIONS[self.0 as usize]
    }
    /// The field that it changes.
    #[inline]
    pub fn field(self) -> Field {
        self.spec().field
    }
    /// What its value is.
    #[inline]
    pub fn target(self) -> Target {
        self.spec().target
    }
}

impl std::fmt::Debug for RelocationKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.spec().name)
    }
}

/// One decoded relocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relocation {
    /// Its type.
    pub kind: RelocationKind,
    /// Offset of the field from the start of the section's payload, in bytes.
    pub offset: u32,
    /// Index into the object's symbols (types, for [`Target::TypeIndex`]). Checked, and the symbol's kind fits.
    pub index: u32,
    /// Added to the value; 0 for types without addend.
    pub addend: i64,
}

impl Relocation {
    /// Appends the entry of a relocation section, with `offset` in place of its own.
    #[inline]
    pub fn encode(&self, offset: u32, out: &mut Vec<u8>) {
        out.push(self.kind.code());
        leb::push_unsigned(out, offset as u64);
        leb::push_unsigned(out, self.index as u64);
        if self.kind.spec().addend {
            leb::push_signed(out, self.addend);
        }
    }
}

/// A run of relocations in their encoded form, already checked; iterates in order of offset.
#[derive(Clone, Copy, Debug, Default)]
pub struct Relocations<'i> {
    /// Those of the whole section: reading goes faster where more bytes follow.
    bytes: &'i [u8],
    at: usize,
    end: usize,
}

impl<'i> Relocations<'i> {
    /// The entries at `start..end` of `bytes`.
    #[inline]
    pub(crate) fn new(bytes: &'i [u8], start: u32, end: u32) -> Self {
        Self { bytes, at: start as usize, end: end as usize }
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.at >= self.end
    }
    /// Bytes of the entries.
    pub fn encoded_size(&self) -> usize {
        self.end.saturating_sub(self.at)
    }
    /// The entries in these bytes of them: between two entries.
    pub fn part(&self, bytes: &Range<usize>) -> Self {
        Self { bytes: self.bytes, at: self.at + bytes.start, end: (self.at + bytes.end).min(self.end) }
    }
}

impl Iterator for Relocations<'_> {
    type Item = Relocation;

    #[inline(always)]
    fn next(&mut self) -> Option<Relocation> {
        if self.at >= self.end {
            return None;
        }
        let rest = self.bytes.get(self.at..)?;
        let (relocation, size) = if let Some(window) = rest.first_chunk()
            && let Some(entry) = short_entry(window)
        {
            entry
        } else {
            self.long_entry()?
        };
        self.at += size;
        Some(relocation)
    }
}

impl Relocations<'_> {
    /// The next entry, and what it has in common with what follows, if there may be some that is like it: see
    /// [`Relocations::next_alike`].
    #[inline(always)]
    pub fn next_with_alike(&mut self) -> Option<(Relocation, Option<Alike>)> {
        let start = self.bytes.get(self.at..)?;
        let relocation = self.next()?;
        let (code, size) = (relocation.kind.0, start.len() - (self.bytes.len() - self.at));
        if self.at >= self.end || start.get(size) != Some(&code) || ADDENDS >> (code & 31) & 1 == 0 {
            return Some((relocation, None));
        }
        Some((relocation, Alike::at(start)))
    }
    /// Offset and addend of the next entry, if it is of the type, against the symbol and with an offset of the length that
    /// `alike` says. Debug information has long runs of such entries.
    #[inline(always)]
    pub fn next_alike(&mut self, alike: &Alike) -> Option<(u32, i64)> {
        if self.at >= self.end {
            return None;
        }
        let window: &[u8; WINDOW] = self.bytes.get(self.at..)?.first_chunk()?;
        let offset = alike.offset(u64::from_le_bytes(*window.first_chunk()?))?;
        let (addend, size) = short_leb(window, alike.size)?;
        self.at += alike.size + size;
        Some((offset, extended(addend, size)))
    }
    /// Decodes an entry of any length.
    #[cold]
    #[inline(never)]
    fn long_entry(&self) -> Option<(Relocation, usize)> {
        let kind = RelocationKind(*self.bytes.get(self.at)?);
        let mut at = self.at + 1;
        let offset = leb::read_u32(self.bytes, &mut at).unwrap_or(0);
        let index = leb::read_u32(self.bytes, &mut at).unwrap_or(0);
        let addend = if kind.spec().addend { leb::read_i64(self.bytes, &mut at).unwrap_or(0) } else { 0 };
        Some((Relocation { kind, offset, index, addend }, at - self.at))
    }
}

/// Bytes that are read at once: more than an entry has whose LEBs have four bytes at most.
const WINDOW: usize = 20;

/// One bit for each code: whether entries carry an addend.
const ADDENDS: u32 = {
    let (mut addends, mut code) = (0, 0);
    while code < RELOCATIONS.len() {
        addends |= (RELOCATIONS[code].addend as u32) << code;
        code += 1;
    }
    addends
};

/// The entry at the start of `window` and its length, if its LEBs have four bytes at most. It has been checked before.
#[inline(always)]
fn short_entry(window: &[u8; WINDOW]) -> Option<(Relocation, usize)> {
    let code = window[0];
    let (offset, size) = short_leb(window, 1)?;
    let (index, more) = short_leb(window, 1 + size)?;
    let mut end = 1 + size + more;
    let mut addend = 0;
    if ADDENDS >> (code & 31) & 1 != 0 {
        let (value, size) = short_leb(window, end)?;
        addend = extended(value, size);
        end += size;
    }
    Some((Relocation { kind: RelocationKind(code), offset, index, addend }, end))
}

/// The bits of a LEB of `size` bytes, up to four, as a signed number.
#[inline(always)]
fn extended(value: u32, size: usize) -> i64 {
    let unused = 32 - 7 * size as u32;
    ((value << unused) as i32 >> unused) as i64
}

/// What entries with addends have in common that differ only in that and in their offsets.
#[derive(Clone, Copy, Debug)]
pub struct Alike {
    /// The first eight bytes of one of them, and which of their bits all have.
    word: u64,
    mask: u64,
    /// The bits of the offset in the four bytes behind the type.
    offset_mask: u32,
    /// Bytes in front of the addend.
    pub(super) size: usize,
}

impl Alike {
    /// Of the entry at the start of `bytes`.
    #[inline]
    pub(super) fn at(bytes: &[u8]) -> Option<Self> {
        let start = bytes.first_chunk()?;
        let mut ends = !u64::from_le_bytes(*start) & 0x8080_8080_8080_8000;
        let offset_end = ends.trailing_zeros() as usize / 8;
        ends &= ends.wrapping_sub(1);
        let index_end = ends.trailing_zeros() as usize / 8;
        if ends == 0 { None } else { Self::new(start, offset_end, index_end - offset_end) }
    }
    /// What an entry that begins with `start` has in common with others, if the bytes of its offset, up to four, and of its
    /// index are all there.
    #[inline]
    fn new(start: &[u8; 8], offset_size: usize, index_size: usize) -> Option<Self> {
        let size = 1 + offset_size + index_size;
        if size > start.len() || offset_size > 4 {
            return None;
        }
        let bytes = |count: usize| u64::MAX >> (64 - 8 * count);
        // The type, the bits that make the length of the offset, and the index.
        let mask = bytes(size) & !(bytes(offset_size) << 8 & 0x7f7f_7f7f << 8);
        let offset_mask = bytes(offset_size) as u32 & 0x7f7f_7f7f;
        Some(Self { word: u64::from_le_bytes(*start), mask, offset_mask, size })
    }
    /// The offset of the entry with the first bytes `word`, if it is alike.
    #[inline(always)]
    pub(super) fn offset(&self, word: u64) -> Option<u32> {
        if (word ^ self.word) & self.mask != 0 {
            return None;
        }
        let groups = (word >> 8) as u32 & self.offset_mask;
        let pairs = (groups & 0x7f_007f) | (groups >> 1 & 0x3f80_3f80);
        Some((pairs & 0x3fff) | (pairs >> 2 & 0xfff_c000))
    }
}

/// The bits of a LEB of at most four bytes, and its length.
#[inline(always)]
fn short_leb(window: &[u8; WINDOW], at: usize) -> Option<(u32, usize)> {
    // No LEB begins behind byte 9: this only tells the compiler that four bytes follow.
    leb::short(u32::from_le_bytes(*window[at & 15..].first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leb;

    #[test]
    fn relocations_read_back_wherever_they_end() {
        let values = [0u32, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1f_ffff, 0x20_0000, 0xfff_ffff, u32::MAX];
        let addends = [0i64, 63, 64, -64, -65, 0x1f_ffff, -0x20_0000, i32::MIN as i64, 1 << 55, i64::MIN, i64::MAX];
        let mut all = Vec::new();
        for (i, &offset) in values.iter().enumerate() {
            let (index, addend) = (values[values.len() - 1 - i], addends[i]);
            all.push(Relocation { kind: RelocationKind(3), offset, index, addend });
            all.push(Relocation { kind: RelocationKind(0), offset, index, addend: 0 });
        }
        let mut bytes = Vec::new();
        for relocation in &all {
            bytes.push(relocation.kind.code());
            leb::push_unsigned(&mut bytes, relocation.offset as u64);
            leb::push_unsigned(&mut bytes, relocation.index as u64);
            if relocation.kind.spec().addend {
                leb::push_signed(&mut bytes, relocation.addend);
            }
        }
        let read: Vec<Relocation> = Relocations::new(&bytes, 0, bytes.len() as u32).collect();
        assert_eq!(read, all);
        // Longer than need be, as assemblers may write them.
        let padded = [0, 0x81, 0x80, 0x80, 0x80, 0, 0x82, 0x80, 0x80, 0x80, 0];
        let read: Vec<Relocation> = Relocations::new(&padded, 0, 11).collect();
        assert_eq!((read.len(), read[0].offset, read[0].index), (1, 1, 2));
    }

    #[test]
    fn runs_of_like_entries_are_what_one_reads_one_by_one() {
        let mut all = Vec::new();
        let mut offset = 0u32;
        for i in 0..600u32 {
            // Offsets of one byte up to five, indices up to five, runs of every length, types without addend between.
            offset += if i % 90 == 89 { offset * 12 } else { 4 };
            let kind = RelocationKind([9, 9, 9, 8, 0][(i / 7) as usize % 5]);
            let index = [5, 300, 5, 70_000, u32::MAX][(i / 31) as usize % 5];
            let addend = if kind.0 == 0 { 0 } else { [1i64, -1, 90, 20_000, i32::MIN as i64][i as usize % 5] };
            all.push(Relocation { kind, offset, index, addend });
        }
        let mut bytes = Vec::new();
        all.iter().for_each(|relocation| relocation.encode(relocation.offset, &mut bytes));
        let (mut read, mut runs) = (Vec::new(), 0);
        let mut relocations = Relocations::new(&bytes, 0, bytes.len() as u32);
        while let Some((relocation, alike)) = relocations.next_with_alike() {
            read.push(relocation);
            while let Some((offset, addend)) = alike.and_then(|alike| relocations.next_alike(&alike)) {
                read.push(Relocation { offset, addend, ..relocation });
                runs += 1;
            }
        }
        assert_eq!(read, all);
        assert!(runs > 100, "{runs}");
    }
}
