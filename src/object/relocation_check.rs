//! The validating pass over a relocation section: afterwards its entries can be decoded without looking again.
//!
//! One pass, no allocation: a large link has tens of millions of entries.

use super::reader::Reader;
use super::relocations::{Alike, RELOCATIONS, RelocationKind, Target};
use super::*;
use crate::diagnostic::Diagnostic;
use crate::leb;
use crate::par::Bits;
use std::ops::Range;

/// The pieces of a section that are linked as a whole, and get their shares of the section's relocations, in order of offset.
pub(super) trait Chunks {
    /// Whether entries come in runs that are alike.
    const HAS_RUNS: bool;
    /// First byte and end of what may be relocated of the piece `index`, from the start of the section's payload, if there
    /// are that many.
    fn range(&self, index: usize) -> Option<(u32, u32)>;
    /// Takes where, in bytes of entries, those of the pieces `indices` end, which are behind all that have been named.
    fn end_at(&mut self, indices: Range<usize>, end: u32);
    /// How many there are.
    fn count(&self) -> usize;
}

impl Chunks for Bodies {
    const HAS_RUNS: bool = false;
    #[inline]
    fn range(&self, index: usize) -> Option<(u32, u32)> {
        self.get(index).map(|body| (body.offset + body.size_width, body.offset + body.size))
    }
    #[inline]
    fn end_at(&mut self, indices: Range<usize>, end: u32) {
        self.set_relocations_end(indices, end);
    }
    fn count(&self) -> usize {
        self.len()
    }
}

impl Chunks for Segments<'_> {
    const HAS_RUNS: bool = false;
    #[inline]
    fn range(&self, index: usize) -> Option<(u32, u32)> {
        self.range(index)
    }
    #[inline]
    fn end_at(&mut self, indices: Range<usize>, end: u32) {
        self.set_relocations_end(indices, end);
    }
    fn count(&self) -> usize {
        self.len()
    }
}

impl Chunks for CustomSection<'_> {
    const HAS_RUNS: bool = true;
    fn range(&self, index: usize) -> Option<(u32, u32)> {
        (index == 0).then_some((0, self.data.len() as u32))
    }
    fn end_at(&mut self, _: Range<usize>, _: u32) {}
    fn count(&self) -> usize {
        1
    }
}

/// What entries may refer to.
pub(super) struct Targets<'o, 'i> {
    /// Says what messages name.
    object: &'o Object<'i>,
    /// For each symbol the bit of its kind, and [`CALLED`]. Kept apart from the symbols, which are 24 times as large.
    kinds: Vec<u8>,
    types: u32,
    /// The symbols that code without entries (MIR) calls.
    called: Vec<u64>,
}

/// In [`Targets::kinds`]: a R_WASM_FUNCTION_INDEX_LEB entry names the symbol.
const CALLED: u8 = 1 << 7;

impl<'o, 'i> Targets<'o, 'i> {
    pub(super) fn new(object: &'o Object<'i>) -> Self {
        let kinds: Vec<u8> = object.symbols.iter().map(|symbol| 1 << symbol.kind as u8).collect();
        let called = vec![0; kinds.len().div_ceil(64)];
        Self { object, kinds, types: object.types.len() as u32, called }
    }
    /// The symbols that are called: see [`Contents::called`].
    pub(super) fn called(mut self) -> Vec<u64> {
        for (word, kinds) in self.called.iter_mut().zip(self.kinds.chunks(64)) {
            *word |= kinds.iter().rev().fold(0, |bits, kind| bits << 1 | (kind / CALLED) as u64);
        }
        self.called
    }
}

/// What the check needs to know about a relocation type, in one load.
#[derive(Clone, Copy)]
struct Rule {
    /// Bytes of the field.
    width: u8,
    /// One bit for each kind of symbol that an entry may refer to; none for types.
    kinds: u8,
    addend: bool,
    /// What it makes of a symbol: [`CALLED`] or nothing.
    mark: u8,
}

const RULES: [Rule; RELOCATIONS.len()] = {
    let mut rules = [Rule { width: 0, kinds: 0, addend: false, mark: 0 }; RELOCATIONS.len()];
    let mut code = 0;
    while code < RELOCATIONS.len() {
        let spec = &RELOCATIONS[code];
        let (width, mark) = (spec.field.width() as u8, if code == FUNCTION_INDEX_LEB { CALLED } else { 0 });
        rules[code] = Rule { width, kinds: kinds(code, spec.target), addend: spec.addend, mark };
        code += 1;
    }
    rules
};

/// R_WASM_FUNCTION_INDEX_LEB: the operand of a call.
const FUNCTION_INDEX_LEB: usize = 0;
/// R_WASM_GLOBAL_INDEX_I32: for debug information, which does not refer to the GOT.
const GLOBAL_INDEX_I32: usize = 13;

const fn kinds(code: usize, target: Target) -> u8 {
    const FUNCTION: u8 = 1 << SymbolKind::Function as u8;
    const DATA: u8 = 1 << SymbolKind::Data as u8;
    const GLOBAL: u8 = 1 << SymbolKind::Global as u8;
    match target {
        Target::FunctionIndex | Target::TableSlot | Target::TableSlotRelative | Target::FunctionOffset => FUNCTION,
        Target::Address | Target::AddressRelative | Target::AddressTls | Target::AddressLocal => DATA,
        Target::GlobalIndex if code == GLOBAL_INDEX_I32 => GLOBAL,
        Target::GlobalIndex => GLOBAL | FUNCTION | DATA,
        Target::SectionOffset => 1 << SymbolKind::Section as u8,
        Target::TagIndex => 1 << SymbolKind::Tag as u8,
        Target::TableNumber => 1 << SymbolKind::Table as u8,
        Target::TypeIndex => 0,
    }
}

/// The smallest entry: type, offset, index.
const ENTRY_SIZE_MIN: usize = 3;

/// Checks the entries behind the cursor, which stands behind the index of the target section, and hands each chunk its
/// share.
///
/// Returns the encoded entries.
pub(super) fn check<'i, C: Chunks + ?Sized>(
    reader: &mut Reader<'i, '_>,
    targets: &mut Targets<'_, '_>,
    chunks: &mut C,
) -> Result<&'i [u8], Diagnostic> {
    let count = reader.count("a number of relocations", ENTRY_SIZE_MIN)?;
    let base = reader.position();
    let bytes = &reader.bytes()[base..];
    let mut walk = Walk { at: 0, left: count, field_end: 0, chunk_end: 0 };
    // The chunk of the last entry, and the one behind the last of which it is known where its entries end.
    let (mut chunk, mut ended) = (0, 0);
    loop {
        walk = walk.skip_usual::<C>(bytes, &mut targets.kinds);
        let Walk { at, left, field_end, chunk_end } = walk;
        if left == 0 {
            break;
        }
        let Some(Entry { code, rule, offset, index, size }) = usual_entry(bytes, at).or_else(|| decode(bytes, at))
        else {
            return Err(bad_entry(reader, base + at));
        };
        if (offset as u64) < field_end {
            return Err(bad_order(reader, base, at));
        }
        if !targets.accept(rule, index) {
            return Err(bad_target(reader, base + at, targets, code, index));
        }
        walk = Walk { at: at + size, left: left - 1, field_end: offset as u64 + rule.width as u64, chunk_end };
        if walk.field_end > chunk_end {
            let next = if chunk_end == 0 { 0 } else { chunk + 1 };
            let Some((entered, end)) = enter(chunks, next, offset, rule.width) else {
                return Err(bad_offset(reader, base + at, offset));
            };
            chunks.end_at(ended..entered, at as u32);
            (chunk, ended, walk.chunk_end) = (entered, entered, end as u64);
        }
    }
    chunks.end_at(ended..chunks.count(), walk.at as u32);
    reader.seek(base + walk.at);
    reader.finish("the relocations")?;
    Ok(bytes)
}

/// Where the check of a section stands.
#[derive(Clone, Copy)]
struct Walk {
    /// Where the next entry is.
    at: usize,
    /// Entries that are left.
    left: u32,
    /// The end of the last field.
    field_end: u64,
    /// The end of the chunk that it is in.
    chunk_end: u64,
}

impl Walk {
    /// Moves over good entries up to the first that is unusual: behind the chunk, for a type, or not for [`usual_entry`].
    #[inline(never)]
    fn skip_usual<C: Chunks + ?Sized>(self, bytes: &[u8], kinds: &mut [u8]) -> Self {
        let Self { mut at, mut left, mut field_end, chunk_end } = self;
        while left > 0
            && let Some(Entry { code, rule, offset, index, size }) = usual_entry(bytes, at)
            && let end = offset as u64 + rule.width as u64
            && offset as u64 >= field_end
            && end <= chunk_end
            && let Some(kind) = kinds.get_mut(index as usize)
            && *kind & rule.kinds != 0
        {
            *kind |= rule.mark;
            let start = at;
            (at, left, field_end) = (at + size, left - 1, end);
            if C::HAS_RUNS
                && rule.addend
                && bytes.get(at) == Some(&code)
                && let Some(alike) = Alike::at(&bytes[start..])
            {
                let walk = Self { at, left, field_end, chunk_end }.skip_alike(bytes, &alike, rule.width);
                (at, left, field_end) = (walk.at, walk.left, walk.field_end);
            }
        }
        Self { at, left, field_end, chunk_end }
    }

    /// Moves over good entries that are like the one in front of them, as `alike` says, and have fields of `width` bytes.
    #[inline(always)]
    fn skip_alike(self, bytes: &[u8], alike: &Alike, width: u8) -> Self {
        let Self { mut at, mut left, mut field_end, chunk_end } = self;
        while left > 0
            && let Some(window) = bytes.get(at..).and_then(|rest| rest.first_chunk::<16>())
            && let Some(offset) = window.first_chunk().and_then(|start| alike.offset(u64::from_le_bytes(*start)))
            && let end = offset as u64 + width as u64
            && offset as u64 >= field_end
            && end <= chunk_end
            && let Some(addend) = window[alike.size & 15..].first_chunk::<4>()
            && let ends = !u32::from_le_bytes(*addend) & 0x8080_8080
            && ends != 0
        {
            let size = alike.size + ends.trailing_zeros() as usize / 8 + 1;
            (at, left, field_end) = (at + size, left - 1, end);
        }
        Self { at, left, field_end, chunk_end }
    }
}

/// Finds the chunk, at `next` or behind it, that holds a field; returns its index and end.
fn enter<C: Chunks + ?Sized>(chunks: &C, mut next: usize, offset: u32, width: u8) -> Option<(usize, u32)> {
    loop {
        let (start, end) = chunks.range(next)?;
        if offset < end {
            let fits = offset >= start && offset as u64 + width as u64 <= end as u64;
            return fits.then_some((next, end));
        }
        next += 1;
    }
}

impl Targets<'_, '_> {
    /// Whether a field of code that `kind` relocates may refer to `index`.
    pub(super) fn fits(&self, kind: RelocationKind, index: u32) -> bool {
        fits(kind, index, self.types, || self.kinds.get(index as usize).copied())
    }
    /// How many symbols there are.
    pub(super) fn symbol_count(&self) -> usize {
        self.kinds.len()
    }
    /// Notes that these symbols, which fit, are called.
    pub(super) fn call(&mut self, symbols: &Bits) {
        self.called.iter_mut().zip(symbols.words()).for_each(|(called, word)| *called |= word);
    }
    /// Whether an entry may refer to `index`; notes calls.
    fn accept(&mut self, rule: &Rule, index: u32) -> bool {
        match self.kinds.get_mut(index as usize) {
            Some(kind) if *kind & rule.kinds != 0 => {
                *kind |= rule.mark;
                true
            }
            _ => rule.kinds == 0 && index < self.types,
        }
    }
}

/// Whether a field that `kind` relocates may refer to `index`: a type, of which there are `types`, or a symbol, whose kind
/// `symbol` gives as one bit (of its number in [`SymbolKind`]), if there is such a symbol.
#[inline]
pub(crate) fn fits(kind: RelocationKind, index: u32, types: u32, symbol: impl FnOnce() -> Option<u8>) -> bool {
    match RULES[kind.code() as usize].kinds {
        0 => index < types,
        kinds => symbol().is_some_and(|kind| kind & kinds != 0),
    }
}

struct Entry {
    code: u8,
    rule: &'static Rule,
    offset: u32,
    index: u32,
    /// Bytes of the entry.
    size: usize,
}

/// Bytes that are read at once: more than an entry has whose LEBs have four bytes at most.
const WINDOW: usize = 20;

/// The entry at `at`, if its type is known, its LEBs have four bytes at most, and it is not next to the end.
#[inline(always)]
fn usual_entry(bytes: &[u8], at: usize) -> Option<Entry> {
    let window = bytes.get(at..)?.first_chunk::<WINDOW>()?;
    let code = window[0];
    let rule = RULES.get(code as usize)?;
    let numbers = u64::from_le_bytes(*window[1..].first_chunk()?);
    let (offset, offset_size) = leb::short(numbers as u32)?;
    let (index, index_size) = leb::short((numbers >> (8 * offset_size)) as u32)?;
    let mut size = 1 + offset_size + index_size;
    if rule.addend {
        // It begins at byte 9 at the latest: this only tells the compiler that four bytes follow.
        let ends = !u32::from_le_bytes(*window[size & 15..].first_chunk()?) & 0x8080_8080;
        if ends == 0 {
            return None;
        }
        size += ends.trailing_zeros() as usize / 8 + 1;
    }
    Some(Entry { code, rule, offset, index, size })
}

/// Decodes the entry at `at`; none if it is cut short or a number or the type is out of range.
#[cold]
#[inline(never)]
fn decode(bytes: &[u8], at: usize) -> Option<Entry> {
    let bytes = bytes.get(at..)?;
    let &code = bytes.first()?;
    let rule = RULES.get(code as usize)?;
    let mut size = 1;
    let offset = leb_u32(bytes, &mut size)?;
    let index = leb_u32(bytes, &mut size)?;
    if rule.addend {
        skip_addend(bytes, &mut size, rule)?;
    }
    Some(Entry { code, rule, offset, index, size })
}

/// An unsigned LEB of at most five bytes.
fn leb_u32(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let mut value = 0;
    for shift in [0, 7, 14, 21] {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= ((byte & 0x7f) as u32) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    let byte = *bytes.get(*at)?;
    *at += 1;
    (byte < 0x10).then_some(value | (byte as u32) << 28)
}

/// Skips a signed LEB, which has 32 bits unless the field is larger.
fn skip_addend(bytes: &[u8], at: &mut usize, rule: &Rule) -> Option<()> {
    let addend = leb::read_i64(bytes, at).ok()?;
    (rule.width > 5 || i32::try_from(addend).is_ok()).then_some(())
}

#[cold]
fn bad_entry(reader: &Reader<'_, '_>, position: usize) -> Diagnostic {
    match reader.bytes().get(position) {
        Some(&code) if code as usize >= RELOCATIONS.len() => {
            reader.error_at(position, format!("invalid relocation type: {code}"))
        }
        _ => reader.error_at(position, "expected a relocation entry, found a truncated or too large LEB128 integer"),
    }
}

/// The error about the entry `at` bytes behind `base`: offsets must not decrease, and fields that share bytes would undo
/// one another.
#[cold]
fn bad_order(reader: &Reader<'_, '_>, base: usize, at: usize) -> Diagnostic {
    let (mut end, mut offset_before) = (0, 0);
    let message = loop {
        match decode(reader.bytes(), base + end) {
            Some(entry) if end < at => (end, offset_before) = (end + entry.size, entry.offset),
            Some(entry) if entry.offset < offset_before => break "relocations not in offset order",
            _ => break "relocations overlap",
        }
    };
    reader.error_at(base + at, message)
}

#[cold]
fn bad_target(reader: &Reader<'_, '_>, position: usize, targets: &Targets<'_, '_>, code: u8, index: u32) -> Diagnostic {
    let kind = RelocationKind::from_code(code).map_or("?", |kind| kind.spec().name);
    let allowed = RULES[code as usize].kinds;
    if allowed == 0 {
        let types = targets.types;
        let hint = format!("{kind} expects one of {types} types, found {index}");
        return reader.error_at(position, "invalid relocation type index").hint(hint);
    }
    let labels: Vec<_> = labels(allowed).collect();
    let found = match targets.kinds.get(index as usize) {
        Some(&found) => format!("{} symbol {index}", labels_of_one(found)),
        None => format!("symbol {index} of {}", targets.kinds.len()),
    };
    let family = match RelocationKind::from_code(code).map(RelocationKind::target) {
        Some(Target::TableNumber) => "table",
        Some(Target::GlobalIndex) => "global",
        Some(Target::TagIndex) => "tag",
        Some(Target::SectionOffset) => "section",
        Some(Target::FunctionIndex | Target::TableSlot | Target::TableSlotRelative | Target::FunctionOffset) => {
            "function"
        }
        _ => "data",
    };
    let name = targets.object.symbols.get(index as usize).map_or("", |symbol| targets.object.text(symbol.name));
    let hint = format!("{kind} expects a {} symbol, found {found}", labels.join(" or "));
    reader.error_at(position, format!("invalid {family} relocation: {name}")).hint(hint)
}

fn labels(kinds: u8) -> impl Iterator<Item = &'static str> {
    (0..8).filter(move |code| kinds >> code & 1 == 1).filter_map(SymbolKind::from_code).map(SymbolKind::label)
}

fn labels_of_one(kind: u8) -> &'static str {
    labels(kind).next().unwrap_or("?")
}

#[cold]
fn bad_offset(reader: &Reader<'_, '_>, position: usize, offset: u32) -> Diagnostic {
    let message =
        format!("invalid relocation offset: expected a field inside one function or segment, found {offset:#x}");
    reader.error_at(position, message)
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    /// What the entries, for the section `section`, lead to.
    fn error(section: u8, entries: &[&[u8]]) -> String {
        let payload = [&[section][..], &list(entries)].concat();
        let label = match section {
            CODE_SECTION => "reloc.CODE",
            DATA_SECTION => "reloc.DATA",
            _ => "reloc..debug_x",
        };
        Sample::whole().with(label, payload).error()
    }

    #[test]
    fn each_chunk_gets_its_entries() {
        let bytes = Sample::whole().bytes();
        let object = Object::parse("a.o", &bytes).unwrap();
        let contents = Contents::parse(&object).unwrap();
        let show = |relocations: Relocations| -> Vec<(u8, u32, u32, i64)> {
            relocations.map(|entry| (entry.kind.code(), entry.offset, entry.index, entry.addend)).collect()
        };
        let bodies: Vec<_> = contents.bodies.iter().map(|body| show(contents.body_relocations(&body))).collect();
        assert_eq!(bodies, [[(0, 4, 0, 0)], [(4, 13, 3, 1)]]);
        let segments: Vec<_> = contents.segments.iter().map(|it| show(contents.segment_relocations(&it))).collect();
        assert_eq!(segments, [[(2, 6, 1, 0)], [(5, 16, 3, -1)]]);
        assert_eq!(show(contents.customs[0].relocations), [(9, 0, 9, 3), (8, 4, 1, 0)]);
        assert!(contents.is_called(symbol::IMPORTED as u32) && !contents.is_called(symbol::DEFINED as u32));
    }

    #[test]
    fn chunks_without_entries_stay_empty() {
        let sample = Sample::whole().with("reloc.CODE", [CODE_SECTION, 1, 4, 13, symbol::DATA, 0]);
        let bytes = sample.bytes();
        let object = Object::parse("a.o", &bytes).unwrap();
        let contents = Contents::parse(&object).unwrap();
        let counts: Vec<_> = contents.bodies.iter().map(|body| contents.body_relocations(&body).count()).collect();
        assert_eq!(counts, [0, 1]);
    }

    #[test]
    fn fields_lie_inside_one_chunk() {
        let outside = |offset: u8| error(CODE_SECTION, &[&[0, offset, 0]]);
        let message = |offset: u8| {
            format!("invalid relocation offset: expected a field inside one function or segment, found {offset:#x}")
        };
        // The count and the size field of a body belong to no function.
        for offset in [0, 1, 6, 10, 16, 20, 0x7f] {
            assert_eq!(outside(offset), message(offset));
        }
        for offset in [2, 5, 11, 15] {
            assert_eq!(outside(offset), "no error");
        }
        assert_eq!(error(DATA_SECTION, &[&[5, 7, symbol::DATA, 0]]), message(7));
        assert_eq!(error(DEBUG_SECTION, &[&[8, 5, symbol::DEFINED, 0]]), message(5));
    }

    #[test]
    fn entries_are_sorted() {
        assert_eq!(error(CODE_SECTION, &[&[0, 13, 0], &[0, 4, 0]]), "relocations not in offset order");
        assert_eq!(error(CODE_SECTION, &[&[0, 4, 0], &[0, 4, 0]]), "relocations overlap");
    }

    #[test]
    fn the_kind_of_symbol_fits_the_type() {
        let found = |code: u8, index: u8| {
            error(DEBUG_SECTION, &[&[code, 0, index, 0][..if RULES[code as usize].addend { 4 } else { 3 }]])
        };
        for (code, index) in [
            (0, symbol::DATA),
            (1, symbol::TABLE),
            (3, symbol::DEFINED),
            (5, symbol::GLOBAL),
            (7, symbol::TAG),
            (8, symbol::SECTION),
            (9, symbol::DEFINED),
            (10, symbol::DEFINED),
            (13, symbol::DATA),
            (20, symbol::DEFINED),
            (26, 99),
        ] {
            assert!(found(code, index).contains(" relocation: "), "{code}: {}", found(code, index));
        }
        for (code, index) in [
            (6, 1),
            (7, symbol::DATA),
            (7, symbol::DEFINED),
            (7, symbol::GLOBAL),
            (13, symbol::GLOBAL),
            (10, symbol::TAG),
            (20, symbol::TABLE),
            (26, symbol::DEFINED),
        ] {
            assert_eq!(found(code, index), "no error", "{code}");
        }
        let message = "invalid relocation type index";
        assert_eq!(found(6, 2), message);
        assert!(found(7, symbol::TAG).starts_with("invalid global relocation: "));
    }

    #[test]
    fn entries_are_well_formed() {
        assert_eq!(error(CODE_SECTION, &[&[27, 4, 0]]), "invalid relocation type: 27");
        let message = "expected a relocation entry, found a truncated or too large LEB128 integer";
        assert_eq!(error(CODE_SECTION, &[&[0, 4, 0x80]]), message);
        assert_eq!(error(CODE_SECTION, &[&[4, 4, symbol::DATA]]), message);
        assert_eq!(error(CODE_SECTION, &[&[0, 0x84, 0x80, 0x80, 0x80, 0x80, 0, 0]]), message);
        assert_eq!(error(CODE_SECTION, &[&[0, 4, 0x80, 0x80, 0x80, 0x80, 0x10]]), message);
        let wide = [0x80, 0x80, 0x80, 0x80, 0x08];
        assert_eq!(error(DEBUG_SECTION, &[&[&[3, 0, symbol::DATA][..], &wide].concat()]), message);
        assert_eq!(error(DEBUG_SECTION, &[&[&[16, 0, symbol::DATA][..], &wide].concat()]), "no error");
        let trailing = Sample::whole().with("reloc.CODE", [CODE_SECTION, 1, 0, 4, 0, 9]);
        assert_eq!(trailing.error(), "expected the end of the relocations, found 1 more bytes");
    }
}
