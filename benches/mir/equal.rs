//! Whether two modules have the same functions.

use wasmparser::{ElementItems, FunctionBody, Operator, Parser, Payload};

/// What is compared of a module.
struct Parts<'m> {
    bodies: Vec<FunctionBody<'m>>,
    /// The function in each table slot, from the first that is filled.
    slots: Vec<u32>,
}

impl<'m> Parts<'m> {
    fn read(module: &'m [u8]) -> wasmparser::Result<Self> {
        let mut parts = Self { bodies: Vec::new(), slots: Vec::new() };
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::CodeSectionEntry(body) => parts.bodies.push(body),
                Payload::ElementSection(elements) => {
                    for element in elements {
                        if let ElementItems::Functions(functions) = element?.items {
                            parts.slots = functions.into_iter().collect::<Result<_, _>>()?;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(parts)
    }
    fn in_slot(&self, slot: i32) -> Option<u32> {
        // Slot 0 is null.
        self.slots.get(usize::try_from(slot).ok()?.checked_sub(1)?).copied()
    }
}

/// Compares all functions, instruction by instruction, and returns how many there are. Table slots may be numbered in
/// another order: objects are scanned one after the other, each with its data; a slot then has to hold the same function.
///
/// # Errors
/// The first difference.
pub fn compare(a: &[u8], b: &[u8]) -> Result<usize, String> {
    let (a, b) = (Parts::read(a), Parts::read(b));
    let (a, b) = (a.map_err(|error| error.to_string())?, b.map_err(|error| error.to_string())?);
    if a.bodies.len() != b.bodies.len() {
        return Err(format!("{} and {} functions", a.bodies.len(), b.bodies.len()));
    }
    for (index, (x, y)) in a.bodies.iter().zip(&b.bodies).enumerate() {
        if x.as_bytes() != y.as_bytes() {
            let same = is_same(&a, &b, x, y).map_err(|error| error.to_string())?;
            same.map_err(|difference| format!("function {index}: {difference}"))?;
        }
    }
    Ok(a.bodies.len())
}

fn is_same(a: &Parts, b: &Parts, x: &FunctionBody, y: &FunctionBody) -> wasmparser::Result<Result<(), String>> {
    let (mut x, mut y) = (x.get_operators_reader()?, y.get_operators_reader()?);
    while !(x.eof() || y.eof()) {
        let (x, y) = (x.read()?, y.read()?);
        let same = match (&x, &y) {
            (&Operator::I32Const { value: x }, &Operator::I32Const { value: y }) => {
                x == y || a.in_slot(x).is_some_and(|function| b.in_slot(y) == Some(function))
            }
            _ => x == y,
        };
        if !same {
            return Ok(Err(format!("{x:?} and {y:?}")));
        }
    }
    Ok(if x.eof() && y.eof() { Ok(()) } else { Err("one is longer".to_owned()) })
}
