//! Tables of names, and functions that say the name of a value: what reflection in a language comes down to.
//!
//! A name is a slice: a pointer to its bytes and its length, each as wide as addresses are. Both tables and functions are
//! ordinary data and MIR, made with the means that every compiler has.

use super::builder::{BlockType, Data, Func, FunctionBuilder, Local, MemArg};
use super::module::{DataKind, Linkage, Module};
use super::tag;
use super::worker::{Fixup, Worker};
use xxhash_rust::xxh3::Xxh3;

/// A table of names: see [`Module::name_table`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameTable {
    /// The slices, one after the other: what [`FunctionBuilder::name_table_ref`] takes.
    pub table: Data,
    /// How many there are, as an absolute number: what [`FunctionBuilder::names_len`] takes.
    pub len: Data,
}

/// How wide the values of an enumeration are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagWidth {
    /// `i32`.
    Bits32,
    /// `i64`.
    Bits64,
}

/// The values of an enumeration and their names.
#[derive(Clone, Copy, Debug)]
pub enum TagNames<'n> {
    /// The names of 0, 1, and so on.
    Numbered(&'n [&'n str]),
    /// Values, as unsigned numbers of the enumeration's width, with their names; of equal values the first counts.
    Sparse(&'n [(u64, &'n str)]),
}

/// How slices lie in memory.
#[derive(Clone, Copy)]
struct Slices {
    is_64: bool,
}

impl Slices {
    fn pointer(self) -> u32 {
        if self.is_64 { 8 } else { 4 }
    }
    fn size(self) -> u32 {
        2 * self.pointer()
    }
    /// Alignment of a pointer, as a power of two.
    fn alignment(self) -> u32 {
        self.pointer().trailing_zeros()
    }
    fn value_type(self) -> u8 {
        if self.is_64 { I64 } else { I32 }
    }
    fn constant(self, value: u32, b: &mut FunctionBuilder) {
        match self.is_64 {
            true => _ = b.i64_const(value as i64),
            false => _ = b.i32_const(value as i32),
        }
    }
    /// The bytes of a table of `names`, and its pointers. The names themselves become one unnamed value.
    fn encode<'n>(self, names: impl Iterator<Item = &'n str>, worker: &mut Worker) -> (Vec<u8>, Vec<Fixup>) {
        let (mut text, mut bytes, mut places) = (Vec::new(), Vec::new(), Vec::new());
        let pointer = self.pointer() as usize;
        for name in names {
            places.push((bytes.len() as u32, text.len() as i64));
            bytes.extend_from_slice(&[0; 8][..pointer]);
            bytes.extend_from_slice(&(name.len() as u64).to_le_bytes()[..pointer]);
            text.extend_from_slice(name.as_bytes());
        }
        let text = worker.unnamed(&text, 0, &[]);
        (bytes, places.into_iter().map(|(offset, start)| Fixup::data(offset, text, start)).collect())
    }
}

const I32: u8 = 0x7f;
const I64: u8 = 0x7e;

impl Module {
    /// Defines a table of names. Where value 0 has no name, and a value is to be an index nevertheless, the first name is
    /// up to the caller.
    ///
    /// Other modules see it ([`Module::import_name_table`]), and may define it too, with the same names: it is one table
    /// then. The names are compared when the session is flushed. That one module's were the first of another's would not
    /// do, as which of them is kept is decided by name, and by the order of the modules.
    pub fn name_table(&self, name: &str, names: &[&str]) -> NameTable {
        let table = self.declare_data(name, DataKind::Const, Linkage::Weak, None);
        let table = NameTable { table, len: self.absolute(&length_name(name), 0, Linkage::Weak) };
        self.fill(table, names, self.worker());
        table
    }
    /// Gives a table that this module defines other names.
    pub fn replace_name_table(&self, table: NameTable, names: &[&str]) {
        self.fill(table, names, self.replacing_worker());
    }
    fn fill(&self, table: NameTable, names: &[&str], mut worker: Worker) {
        let slices = Slices { is_64: self.is_64 };
        let (bytes, fixups) = slices.encode(names.iter().copied(), &mut worker);
        worker.data(table.table, &bytes, slices.alignment(), &fixups);
        drop(worker);
        self.replace_absolute(table.len, names.len() as u64);
        self.agree(table.table.0, hash(names.iter().enumerate().map(|(value, name)| (value as u64, *name))));
    }
    /// Declares a table of names that another module defines.
    pub fn import_name_table(&self, name: &str) -> NameTable {
        NameTable { table: self.import_data(name, false), len: self.import_data(&length_name(name), false) }
    }

    /// Defines a function that names the values of an enumeration: its parameters are an address, at which it stores the
    /// name as a slice, and the value. A value without a name traps.
    ///
    /// Other modules may define it too, for the same names, which is checked as with [`Module::name_table`].
    /// [`FunctionBuilder::call_tag_name`] calls it.
    pub fn tag_name_func(&self, name: &str, width: TagWidth, names: TagNames) -> Func {
        let slices = Slices { is_64: self.is_64 };
        let value_type = if width == TagWidth::Bits64 { I64 } else { I32 };
        let ty = self.func_type(&[slices.value_type(), value_type], &[]);
        let func = self.declare_func(name, ty, Linkage::Weak, None);
        let mut worker = self.worker();
        let mut values: Vec<(u64, &str)> = match names {
            TagNames::Numbered(names) => (0..).zip(names.iter().copied()).collect(),
            TagNames::Sparse(names) => names.to_vec(),
        };
        // Stable: of equal values the first is kept.
        values.sort_by_key(|&(value, _)| value);
        values.dedup_by_key(|&mut (value, _)| value);
        let (bytes, fixups) = slices.encode(values.iter().map(|&(_, name)| name), &mut worker);
        let table = worker.unnamed(&bytes, slices.alignment(), &fixups);
        let writer = TagNameWriter { slices, width, table };
        let built = worker.func(func, |b| writer.function(&values, b));
        built.expect("it is well formed");
        drop(worker);
        self.agree(func.0, hash(values.iter().copied()) ^ width as u128);
        func
    }

    fn agree(&self, declaration: u32, hash: u128) {
        self.change(|declarations| {
            declarations.agreements.retain(|&(known, _)| known != declaration);
            declarations.agreements.push((declaration, hash));
        });
    }
}

/// The name of the absolute symbol that holds a table's length.
fn length_name(table: &str) -> String {
    format!("{table}.len")
}

fn hash<'n>(names: impl Iterator<Item = (u64, &'n str)>) -> u128 {
    let mut hash = Xxh3::new();
    for (value, name) in names {
        hash.update(&value.to_le_bytes());
        hash.update(&(name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
    }
    hash.digest128()
}

const DESTINATION: Local = Local(0);
const VALUE: Local = Local(1);

/// Writes the function that names values.
struct TagNameWriter {
    slices: Slices,
    width: TagWidth,
    table: Data,
}

impl TagNameWriter {
    /// `values` are in order, and each is there once.
    fn function(&self, values: &[(u64, &str)], b: &mut FunctionBuilder) {
        let is_numbered = values.last().is_none_or(|&(last, _)| last == values.len() as u64 - 1);
        let offset = b.local(self.slices.value_type());
        match is_numbered {
            true => self.scale(values.len(), b),
            false => self.search(&values.iter().map(|&(value, _)| value).collect::<Vec<_>>(), 0, b),
        }
        b.local_set(offset);
        let alignment = self.slices.alignment();
        let (load, store) = match self.slices.is_64 {
            true => (tag::I64_LOAD, tag::I64_STORE),
            false => (tag::I32_LOAD, tag::I32_STORE),
        };
        for at in [0, self.slices.pointer()] {
            b.local_get(DESTINATION).local_get(offset);
            b.memory(load, MemArg::symbolic(self.table, at as i64, alignment));
            b.memory(store, MemArg::new(at as u64, alignment));
        }
    }
    /// Pushes the offset of the slice of a value that is its place.
    fn scale(&self, count: usize, b: &mut FunctionBuilder) {
        b.local_get(VALUE);
        self.constant(count as u64, b);
        self.compare(tag::I32_GE_U, tag::I64_GE_U, b);
        b.block(tag::IF, BlockType::Empty).op(tag::UNREACHABLE).op(tag::END).local_get(VALUE);
        match (self.slices.is_64, self.width) {
            (true, TagWidth::Bits32) => _ = b.op(tag::I64_EXTEND_I32_U),
            (false, TagWidth::Bits64) => _ = b.op(tag::I32_WRAP_I64),
            _ => {}
        }
        self.slices.constant(self.slices.size(), b);
        b.op(if self.slices.is_64 { tag::I64_MUL } else { tag::I32_MUL });
    }
    /// Pushes the offset of the slice of a value among `values`, the first of which has place `first`. Halves them: as
    /// deep as the logarithm of their number.
    fn search(&self, values: &[u64], first: usize, b: &mut FunctionBuilder) {
        b.local_get(VALUE);
        if let [value] = *values {
            self.constant(value, b);
            self.compare(tag::I32_NE, tag::I64_NE, b);
            b.block(tag::IF, BlockType::Empty).op(tag::UNREACHABLE).op(tag::END);
            return self.slices.constant(first as u32 * self.slices.size(), b);
        }
        let middle = values.len() / 2;
        self.constant(values[middle], b);
        self.compare(tag::I32_LT_U, tag::I64_LT_U, b);
        b.block(tag::IF, BlockType::Value(self.slices.value_type()));
        self.search(&values[..middle], first, b);
        b.op(tag::ELSE);
        self.search(&values[middle..], first + middle, b);
        b.op(tag::END);
    }
    fn constant(&self, value: u64, b: &mut FunctionBuilder) {
        match self.width {
            TagWidth::Bits32 => b.i32_const(value as u32 as i32),
            TagWidth::Bits64 => b.i64_const(value as i64),
        };
    }
    fn compare(&self, narrow: u8, wide: u8, b: &mut FunctionBuilder) {
        b.op(if self.width == TagWidth::Bits32 { narrow } else { wide });
    }
}
