//! What a compiler has decided before it hands anything to a linker.

use crate::body::{Bodies, Step};
use crate::program::{FANOUT, GROUP, Program, ROOT, Random, TYPES, Target};
use rayon::prelude::*;
use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;
use wold::mir::tag;

/// The program, unit by unit.
pub struct Plan {
    /// What it is made from.
    pub program: Program,
    bodies: Bodies,
    units: Vec<Unit>,
}

/// A unit of compilation.
struct Unit {
    /// Names of functions, then of data.
    text: Arc<str>,
    /// Where each name ends.
    name_ends: Vec<u32>,
    /// The body of each function.
    bodies: Vec<u16>,
    /// Functions and data that stand in the bodies, in their order.
    references: Vec<u32>,
    /// Where those of each function end.
    reference_ends: Vec<u32>,
    /// Bytes of all data.
    bytes: Vec<u8>,
    /// Pointers of all data: offset in the datum, and a datum or a function.
    pointers: Vec<(u32, Pointer)>,
    /// Where bytes and pointers of each datum end.
    data_ends: Vec<(u32, u32)>,
}

/// What a pointer points at.
#[derive(Clone, Copy)]
pub enum Pointer {
    /// A datum.
    Datum(u32),
    /// A function.
    Function(u32),
}

impl Plan {
    /// Makes it, in the threads of the pool.
    pub fn new(program: Program) -> Self {
        let bodies = Bodies::new(program.seed);
        let units = (0..program.units()).into_par_iter().map(|unit| Unit::new(program, &bodies, unit)).collect();
        Self { program, bodies, units }
    }
    /// The name of a function.
    pub fn function_name(&self, index: u32) -> &str {
        let Range { start, end } = self.function_range(index);
        &self.units[self.program.place_of(index).0].text[start as usize..end as usize]
    }
    /// The name of a datum.
    pub fn data_name(&self, index: u32) -> &str {
        let Range { start, end } = self.data_range(index);
        &self.units[self.program.place_of_datum(index).0].text[start as usize..end as usize]
    }
    /// The names of a unit's functions and data.
    pub fn text(&self, unit: u32) -> &Arc<str> {
        &self.units[unit as usize].text
    }
    /// Where the name of a function lies in those of its unit.
    pub fn function_range(&self, index: u32) -> Range<u32> {
        let (unit, place) = self.program.place_of(index);
        self.units[unit].name(place)
    }
    /// Where the name of a datum lies in those of its unit.
    pub fn data_range(&self, index: u32) -> Range<u32> {
        let (unit, place) = self.program.place_of_datum(index);
        let unit = &self.units[unit];
        unit.name(unit.bodies.len() + place)
    }
    /// The bytes of a datum, and its pointers.
    pub fn datum(&self, index: u32) -> (&[u8], &[(u32, Pointer)]) {
        let (unit, place) = self.program.place_of_datum(index);
        let unit = &self.units[unit];
        let start = place.checked_sub(1).map_or((0, 0), |before| unit.data_ends[before]);
        let end = unit.data_ends[place];
        (&unit.bytes[start.0 as usize..end.0 as usize], &unit.pointers[start.1 as usize..end.1 as usize])
    }
    /// Gives a function to `target`.
    #[inline]
    pub fn build(&self, index: u32, target: &mut impl Target) {
        let (unit, place) = self.program.place_of(index);
        let unit = &self.units[unit];
        let start = place.checked_sub(1).map_or(0, |before| unit.reference_ends[before]);
        let mut references = unit.references[start as usize..].iter().copied();
        let mut reference = || references.next().unwrap_or(0);
        let body = self.bodies.get(index, unit.bodies[place]);
        let first = TYPES[self.program.type_of(index) as usize].0.len() as u32;
        target.locals(body.locals);
        if body.frame > 0 {
            target.frame(first, first + 1, body.frame);
        }
        for &step in &body.steps {
            match step {
                Step::Op(tag) => target.op(tag),
                Step::Get(local) => target.number(tag::LOCAL_GET, local),
                Step::Set(local) => target.number(tag::LOCAL_SET, local),
                Step::Tee(local) => target.number(tag::LOCAL_TEE, local),
                Step::Const(value) => target.i32_const(value),
                Step::Wide(value) => target.i64_const(value as i64),
                Step::Memory(tag, alignment, offset) => target.memory(tag, alignment as u32, offset),
                Step::Block(tag) => target.block(tag),
                Step::Branch(tag, label) => target.number(tag, label),
                Step::Member(_) | Step::Leader(_) | Step::Call(_) => target.call(reference()),
                Step::CallIndirect(ty) => target.call_indirect(ty),
                Step::Slot(_) => target.slot(reference()),
                Step::Address(addend) => target.address(reference(), addend as i64),
                Step::Symbolic(tag) => target.symbolic(tag, reference()),
                Step::RestoreStack => target.set_stack_pointer(first),
            }
        }
    }
}

impl Unit {
    fn new(program: Program, bodies: &Bodies, number: u32) -> Self {
        let mut unit = Self {
            text: "".into(),
            name_ends: Vec::new(),
            bodies: Vec::new(),
            references: Vec::new(),
            reference_ends: Vec::new(),
            bytes: Vec::new(),
            pointers: Vec::new(),
            data_ends: Vec::new(),
        };
        let mut text = String::new();
        for index in program.functions_of(number) {
            let random = &mut Random::new(program.seed, index as u64);
            unit.plan_function(program, bodies, index, random);
            match index {
                0 => text.push_str(ROOT),
                _ => name_function(&mut text, index, random),
            }
            unit.name_ends.push(text.len() as u32);
        }
        for index in program.data_of(number) {
            let random = &mut Random::new(program.seed, index as u64 | 1 << 41);
            unit.plan_datum(program, index, random);
            let length = 8 + random.below(60) as usize;
            push_name(&mut text, length, "value", index, random);
            unit.name_ends.push(text.len() as u32);
        }
        Self { text: text.into(), ..unit }
    }
    fn name(&self, index: usize) -> Range<u32> {
        index.checked_sub(1).map_or(0, |before| self.name_ends[before])..self.name_ends[index]
    }

    fn plan_function(&mut self, program: Program, bodies: &Bodies, index: u32, random: &mut Random) {
        let number = bodies.some(index, random);
        self.bodies.push(number);
        for &step in &bodies.get(index, number).steps {
            let reference = match step {
                Step::Member(member) => index + member,
                Step::Leader(leader) => {
                    let callee = (index as u64 / GROUP as u64 * FANOUT as u64 + leader as u64) * GROUP as u64;
                    (callee % program.functions as u64) as u32
                }
                Step::Call(ty) | Step::Slot(ty) => program.some_function(index, ty, random),
                Step::Address(_) | Step::Symbolic(_) => program.some_datum(index, random),
                _ => continue,
            };
            self.references.push(reference);
        }
        self.reference_ends.push(self.references.len() as u32);
    }

    fn plan_datum(&mut self, program: Program, index: u32, random: &mut Random) {
        let from = program.function_near(index);
        for word in 0..1 + random.below(13) {
            let value = random.next() as u32 & 0x00ff_7f1f | 1;
            if random.below(100) < 12 {
                let target = match random.below(2) {
                    0 => Pointer::Datum(program.some_datum(from, random)),
                    _ => {
                        let ty = random.below(TYPES.len() as u32);
                        Pointer::Function(program.some_function(from, ty, random))
                    }
                };
                self.pointers.push((word * 4, target));
                self.bytes.extend([0; 4]);
            } else {
                self.bytes.extend(value.to_le_bytes());
            }
        }
        self.data_ends.push((self.bytes.len() as u32, self.pointers.len() as u32));
    }
}

/// Names of functions: the deciles of Binaryen's lengths.
fn name_function(text: &mut String, index: u32, random: &mut Random) {
    const DECILES: [u32; 11] = [15, 41, 69, 94, 102, 110, 124, 133, 153, 228, 400];
    let decile = random.below(10) as usize;
    let length = DECILES[decile] + random.below(DECILES[decile + 1] - DECILES[decile] + 1);
    push_name(text, length as usize, "function", index, random);
}

/// Appends a name of about `length` bytes.
fn push_name(text: &mut String, length: usize, kind: &str, index: u32, random: &mut Random) {
    const WORDS: [&str; 16] = [
        "module",
        "Expression",
        "basic_string",
        "std",
        "support",
        "Walker",
        "visit",
        "unique_ptr",
        "allocator",
        "ir",
        "Function",
        "less",
        "optimizing",
        "pair",
        "const_iterator",
        "char",
    ];
    let end = text.len() + length.saturating_sub(kind.len() + 7);
    while text.len() < end {
        text.push_str(WORDS[random.below(16) as usize]);
        text.push_str(["::", ".", "<", ", "][random.below(4) as usize]);
    }
    let _ = write!(text, "{kind}_{index}");
}
