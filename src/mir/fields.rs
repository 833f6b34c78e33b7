//! What stands in the fields of an object's code before they are relocated, and how its code section is encoded beyond
//! that.
//!
//! Linkers write over it; but a lifted object is to be lowered to the very bytes that it was. LLVM writes what the value
//! is within the object. Others write zero, or something else. So a rule is chosen for an object, and the fields that do
//! not follow it are listed in the custom section [`SECTION`], which is missing if there is nothing to say:
//!
//! | number (LEB) | what |
//! |---|---|
//! | 1 | version |
//! | 1 | rule: 0 [`Rule::InObject`], 1 [`Rule::Zero`] |
//! | 1 | bytes of the count of functions; 0 the least that hold it |
//! | 1 | bytes of a body's size field; 0 the least |
//! | 1, 2 each | how many size fields have another width; how many functions are between this one and the last; bytes |
//! | 1, 1 each | how many fields break the rule; how many relocations are between this one and the last, then the field |

use super::Values;
use crate::leb;
use crate::object::header::id;
use crate::object::relocations::{RelocationKind, Target};
use crate::object::{GlobalImport, Object, Symbol, SymbolFlags, SymbolKind};
use std::collections::HashMap;
use wasmparser::{
    BinaryReader, ConstExpr, DataKind, DataSectionReader, ElementItems, ElementKind, ElementSectionReader, Operator,
};

/// Name of the section.
pub const SECTION: &str = "wmir.fields";
const VERSION: u64 = 1;
/// The widest field of code, in bytes.
const FIELD_MAX: usize = leb::PADDED_64;
/// Stands for a slot where there is none.
const NO_SLOT: u64 = u64::MAX;

/// What fields hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// The value within the object: indices of its index spaces, slots of its element segments, addresses of its data
    /// segments; 0 for what is not defined there.
    #[default]
    InObject,
    /// Zero.
    Zero,
}

/// How a code section is encoded, beyond its functions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// What fields hold.
    pub rule: Rule,
    /// Bytes of the count of functions; 0 the least that hold it.
    pub count_width: u8,
    /// Bytes of a body's size field; 0 the least that hold it.
    pub size_width: u8,
    /// Size fields of another width: function, bytes. In order.
    pub other_widths: Vec<(u32, u8)>,
    /// Fields that break the rule: number of the relocation, bytes. In order.
    pub exceptions: Vec<(u32, Vec<u8>)>,
}

impl Form {
    /// The section's payload; `None` if there is nothing to say.
    pub fn encode(&self) -> Option<Vec<u8>> {
        if *self == Self::default() {
            return None;
        }
        let mut out = Vec::new();
        let mut push = |number: u64| leb::push_unsigned(&mut out, number);
        [VERSION, (self.rule == Rule::Zero) as u64, self.count_width as u64, self.size_width as u64]
            .into_iter()
            .for_each(&mut push);
        push(self.other_widths.len() as u64);
        let mut next = 0;
        for &(function, width) in &self.other_widths {
            push((function - next) as u64);
            push(width as u64);
            next = function + 1;
        }
        push(self.exceptions.len() as u64);
        next = 0;
        for (relocation, field) in &self.exceptions {
            leb::push_unsigned(&mut out, (relocation - next) as u64);
            out.extend_from_slice(field);
            next = relocation + 1;
        }
        Some(out)
    }

    /// Reads the payload `bytes`; `width` gives the bytes of the field of a relocation, by its number.
    ///
    /// # Errors
    /// Offset in the payload, and what is wrong there.
    pub fn decode(bytes: &[u8], width: impl Fn(u32) -> Option<usize>) -> Result<Self, (usize, String)> {
        let mut at = 0;
        let mut number = |what: &str, max: u64| {
            let start = at;
            let value = leb::read_u64(bytes, &mut at).map_err(|error| (start, format!("expected {what}: {error}")))?;
            if value > max {
                return Err((start, format!("expected {what} of at most {max}, found {value}")));
            }
            Ok((value as u32, at))
        };
        number("version 1", VERSION)?;
        let rule = if number("a rule", 1)?.0 == 1 { Rule::Zero } else { Rule::InObject };
        let width_max = leb::PADDED_32 as u64;
        let count_width = number("a width", width_max)?.0 as u8;
        let size_width = number("a width", width_max)?.0 as u8;
        let mut form = Self { rule, count_width, size_width, ..Self::default() };
        let mut next = 0u32;
        for _ in 0..number("a number of widths", bytes.len() as u64)?.0 {
            let function = next.saturating_add(number("a function", u32::MAX as u64)?.0);
            form.other_widths.push((function, number("a width", width_max)?.0 as u8));
            next = function.saturating_add(1);
        }
        let (count, _) = number("a number of fields", bytes.len() as u64)?;
        next = 0;
        for _ in 0..count {
            let start = at;
            let skipped =
                leb::read_u32(bytes, &mut at).map_err(|error| (start, format!("expected a field: {error}")))?;
            let relocation = next.saturating_add(skipped);
            let Some(field) = width(relocation).and_then(|width| bytes.get(at..at + width.min(FIELD_MAX))) else {
                return Err((start, format!("expected a field for relocation {relocation}, which does not exist")));
            };
            form.exceptions.push((relocation, field.to_vec()));
            at += field.len();
            next = relocation.saturating_add(1);
        }
        match at == bytes.len() {
            true => Ok(form),
            false => Err((at, format!("expected the end of the fields, found {} more bytes", bytes.len() - at))),
        }
    }
}

/// What the operands of an object's code stand for within the object.
pub struct Provisional<'o, 'i> {
    rule: Rule,
    object: &'o Object<'i>,
    /// Address of each data segment.
    addresses: Vec<u64>,
    /// The first address behind the last segment.
    end: u64,
    /// Slot of each function in the table, or [`NO_SLOT`].
    slots: Vec<u64>,
    /// Imported globals that are entries of the GOT: whether of a function, whose.
    got: HashMap<(bool, &'i str), u64>,
}

impl<'o, 'i> Provisional<'o, 'i> {
    /// Values within `object`.
    pub fn new(object: &'o Object<'i>, rule: Rule) -> Self {
        let mut values = Self { rule, object, addresses: Vec::new(), end: 0, slots: Vec::new(), got: HashMap::new() };
        if rule == Rule::InObject {
            (values.addresses, values.end) = segment_addresses(object);
            values.slots = slots(object);
            values.got = got(object);
        }
        values
    }
    /// The first address behind the last segment.
    pub fn end(&self) -> u64 {
        self.end
    }

    fn slot(&self, symbol: &Symbol) -> u64 {
        self.slots.get(symbol.index as usize).copied().filter(|&slot| slot != NO_SLOT).unwrap_or(0)
    }
}

impl Values for Provisional<'_, '_> {
    fn value(&self, kind: RelocationKind, index: u32, addend: i64) -> u64 {
        if self.rule == Rule::Zero {
            return 0;
        }
        let target = kind.target();
        if target == Target::TypeIndex {
            return index as u64;
        }
        let Some(symbol) = self.object.symbols.get(index as usize) else { return 0 };
        match target {
            Target::Address | Target::AddressRelative | Target::AddressTls | Target::AddressLocal => {
                if symbol.kind != SymbolKind::Data || symbol.flags.is_undefined() {
                    return 0;
                }
                let base = match symbol.flags.has(SymbolFlags::ABSOLUTE) {
                    true => 0,
                    false => self.addresses.get(symbol.index as usize).copied().unwrap_or(0),
                };
                base.wrapping_add(self.object.offset_of(symbol)).wrapping_add_signed(addend)
            }
            Target::TableSlot => self.slot(symbol),
            Target::TableSlotRelative => self.slot(symbol).saturating_sub(1),
            Target::GlobalIndex if symbol.kind != SymbolKind::Global => self
                .got
                .get(&(symbol.kind == SymbolKind::Function, self.object.text(symbol.name)))
                .copied()
                .unwrap_or(0),
            _ => symbol.index as u64,
        }
    }
}

/// The address of each data segment; passive ones count as if they stood behind the one in front of them.
fn segment_addresses(object: &Object) -> (Vec<u64>, u64) {
    let (mut addresses, mut end) = (Vec::new(), 0u64);
    let Some(section) = object.section(id::DATA) else { return (addresses, end) };
    let Ok(reader) = DataSectionReader::new(BinaryReader::new(section.bytes, 0)) else { return (addresses, end) };
    for (index, segment) in reader.into_iter().enumerate() {
        let Ok(segment) = segment else { break };
        let alignment = object.segment_info.get(index).map_or(0, |info| info.alignment.min(32));
        let next = end.saturating_add((1 << alignment) - 1) & !((1 << alignment) - 1);
        let address = match segment.kind {
            DataKind::Active { offset_expr, .. } => constant(&offset_expr).unwrap_or(next),
            DataKind::Passive => next,
        };
        addresses.push(address);
        end = address.saturating_add(segment.data.len() as u64);
    }
    (addresses, end)
}

/// The first slot of each function that an active element segment lists.
fn slots(object: &Object) -> Vec<u64> {
    let mut slots = vec![NO_SLOT; object.function_count()];
    let Some(section) = object.section(id::ELEMENT) else { return slots };
    let Ok(reader) = ElementSectionReader::new(BinaryReader::new(section.bytes, 0)) else { return slots };
    for element in reader.into_iter().map_while(Result::ok) {
        let (ElementKind::Active { offset_expr, .. }, ElementItems::Functions(functions)) =
            (element.kind, element.items)
        else {
            continue;
        };
        let Some(start) = constant(&offset_expr) else { continue };
        for (at, function) in functions.into_iter().map_while(Result::ok).enumerate() {
            if let Some(slot) = slots.get_mut(function as usize).filter(|slot| **slot == NO_SLOT) {
                *slot = start.wrapping_add(at as u64);
            }
        }
    }
    slots
}

/// The imported globals that are entries of the GOT. Spec: tool-conventions, DynamicLinking.md, "Imports".
fn got<'i>(object: &Object<'i>) -> HashMap<(bool, &'i str), u64> {
    let imports = object.global_imports.iter().enumerate();
    let entry = |(index, import): (usize, &GlobalImport)| match object.names_of(import.names) {
        ("GOT.func", field) => Some(((true, field), index as u64)),
        ("GOT.mem", field) => Some(((false, field), index as u64)),
        _ => None,
    };
    imports.filter_map(entry).collect()
}

/// The value of an expression that is one constant.
fn constant(expression: &ConstExpr) -> Option<u64> {
    match expression.get_operators_reader().read() {
        Ok(Operator::I32Const { value }) => Some(value as u32 as u64),
        Ok(Operator::I64Const { value }) => Some(value as u64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_comes_back() {
        let form = Form {
            rule: Rule::Zero,
            count_width: 5,
            size_width: 0,
            other_widths: vec![(0, 2), (1, 5), (9, 5)],
            exceptions: vec![(3, vec![1; 5]), (4, vec![2; 10]), (300, vec![3; 5])],
        };
        let bytes = form.encode().expect("something to say");
        let width = |relocation| (relocation <= 300).then_some(if relocation == 4 { 10 } else { 5 });
        assert_eq!(Form::decode(&bytes, width), Ok(form));
        (0..bytes.len()).for_each(|length| assert!(Form::decode(&bytes[..length], width).is_err(), "{length}"));
        assert!(Form::decode(&bytes, |relocation| (relocation < 300).then_some(5)).is_err());
    }

    #[test]
    fn the_usual_form_says_nothing() {
        assert_eq!(Form::default().encode(), None);
    }
}
