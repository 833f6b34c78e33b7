//! A seeded program: functions and data that are like those of real code, as any compiler would hand them to a linker.
//!
//! What "like real code" means was counted in clang's objects (-O2) of Binaryen (C++; 14 of its objects, 4,447 functions)
//! and SQLite (C; 1,807 functions):
//!
//! | | Binaryen | SQLite | here |
//! |---|---|---|---|
//! | instructions of a function, mean | 86 | 318 | 88 |
//! | its deciles | 1 1 1 5 17 46 75 106 214 4605 | 12 36 62 96 127 173 246 368 665 21502 | Binaryen's |
//! | of 100 instructions: direct calls | 3.9 | 1.9 | 3.6 |
//! | ... globals (the stack pointer) | 1.1 | 0.3 | 0.9 |
//! | ... table slots of functions | 1.8 | 0.1 | 0.7 |
//! | ... addresses of data | 0.2 | 0.6 | 0.4 |
//! | ... accesses to memory at a symbol | 0.05 | 1.6 | 0.8 |
//! | ... indirect calls | 0.1 | 0.5 | 0.3 |
//! | ... `local.get`, `.set`, `.tee` | 40 | 34 | 40 |
//! | ... loads and stores | 12 | 14 | 13 |
//! | ... blocks, loops, ends and branches | 16 | 20 | 17 |
//! | data symbols per function | 0.15 | 1.0 | 0.25 |
//!
//! Functions come in groups of ten, one of each decile. The largest leads: it calls the others, and the leaders of some
//! groups behind it, so that all are reached from function 0. Half of the functions, and a quarter of the data, are only
//! used by their own unit. Other calls go to the own unit most of the time.
//!
//! What a compiler does before it has instructions is not measured: bodies are made beforehand, some hundreds of them
//! ([`crate::body`]), and each function is built from one of them, with functions and data of its own in place of names.

use crate::body::{Bodies, Step};
use wold::mir::{BlockType, Data, Fixup, Func, FunctionBuilder, Global, Local, MemArg, Table, Type, tag};

/// The name of function 0, where the program starts: the one function that is exported.
pub const ROOT: &str = "run";
/// Functions that one unit of compilation holds.
pub const UNIT_FUNCTIONS: u32 = 5000;
/// Functions of a group, of which the first is its leader.
pub const GROUP: u32 = 10;
/// Groups whose leaders a leader calls.
pub const FANOUT: u32 = 4;
/// Functions for each datum.
const FUNCTIONS_PER_DATUM: u32 = 4;
/// How many functions there are is a multiple of this, in which groups and types come out even.
pub const PERIOD: u32 = 40;

/// The value type i32.
pub const I32: u8 = 0x7f;
/// The value type i64.
pub const I64: u8 = 0x7e;

/// Parameters and results of the functions' types.
pub const TYPES: [(&[u8], &[u8]); 8] = [
    (&[I32], &[]),
    (&[I32], &[I32]),
    (&[I32, I32], &[I32]),
    (&[I32, I32], &[]),
    (&[I32, I32, I32], &[I32]),
    (&[], &[]),
    (&[I32, I64], &[I32]),
    (&[I32, I32, I32, I32], &[]),
];

/// Names what operands stand for: a module's ids, or the symbols of an object.
pub trait Ids {
    /// Function number `index` of the program.
    fn func(&mut self, index: u32) -> Func;
    /// Datum number `index` of the program.
    fn data(&mut self, index: u32) -> Data;
    /// Type number `index` of [`TYPES`].
    fn ty(&mut self, index: u32) -> Type;
    /// The stack pointer.
    fn stack_pointer(&mut self) -> Global;
    /// The table of functions whose address is taken.
    fn table(&mut self) -> Table;
}

/// Numbers that hang on a seed alone: SplitMix64, of which small numbers take sixteen bits each.
pub struct Random {
    state: u64,
    bits: u64,
    left: u32,
}

impl Random {
    /// The numbers of one of many streams.
    #[inline]
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self { state: seed ^ stream.wrapping_mul(0xd6e8_feb8_6659_fd93), bits: 0, left: 0 };
        random.next();
        random
    }
    /// 64 bits.
    #[inline]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// A number below `end`, which is at most 65,536.
    #[inline]
    pub fn below(&mut self, end: u32) -> u32 {
        if self.left == 0 {
            (self.bits, self.left) = (self.next(), 4);
        }
        let bits = self.bits as u32 & 0xffff;
        self.bits >>= 16;
        self.left -= 1;
        (bits * end) >> 16
    }
    /// A number below `end`.
    #[inline]
    fn large(&mut self, end: u32) -> u32 {
        (((self.next() >> 32) * end as u64) >> 32) as u32
    }
    /// From 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The program.
#[derive(Clone, Copy)]
pub struct Program {
    /// Functions.
    pub functions: u32,
    /// What everything else hangs on.
    pub seed: u64,
}

/// A datum.
#[derive(Default)]
pub struct Datum {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The pointers in it: offset, and the datum or function number.
    pub pointers: Vec<(u32, Result<u32, u32>)>,
}

impl Datum {
    /// Its pointers as a module takes them.
    pub fn fixups(&self, ids: &mut impl Ids) -> Vec<Fixup> {
        let fixup = |&(at, target): &(u32, Result<u32, u32>)| match target {
            Ok(data) => Fixup::data(at, ids.data(data), 0),
            Err(func) => Fixup::func(at, ids.func(func)),
        };
        self.pointers.iter().map(fixup).collect()
    }
}

impl Program {
    /// How many units of compilation there are.
    pub fn units(self) -> u32 {
        self.functions.div_ceil(UNIT_FUNCTIONS)
    }
    /// The functions of a unit.
    pub fn functions_of(self, unit: u32) -> std::ops::Range<u32> {
        unit * UNIT_FUNCTIONS..self.functions.min((unit + 1) * UNIT_FUNCTIONS)
    }
    /// How many data there are.
    pub fn data(self) -> u32 {
        self.functions.div_ceil(FUNCTIONS_PER_DATUM)
    }
    /// The data of a unit.
    pub fn data_of(self, unit: u32) -> std::ops::Range<u32> {
        let functions = self.functions_of(unit);
        functions.start / FUNCTIONS_PER_DATUM..functions.end.div_ceil(FUNCTIONS_PER_DATUM)
    }
    /// The name of a function, made into `out`.
    pub fn function_name(self, index: u32, out: &mut String) {
        use std::fmt::Write;
        out.clear();
        let _ = match index {
            0 => out.write_str(ROOT),
            _ => write!(out, "unit{}.some_module.function_{index}", index / UNIT_FUNCTIONS),
        };
    }
    /// The name of a datum, made into `out`.
    pub fn data_name(self, index: u32, out: &mut String) {
        use std::fmt::Write;
        out.clear();
        let _ = write!(out, "some_module.value_{index}");
    }
    /// Number of a function's type in [`TYPES`].
    pub fn type_of(self, index: u32) -> u32 {
        index % TYPES.len() as u32
    }
    /// Whether functions of other units may call it.
    pub fn is_public(self, function: u32) -> bool {
        function % GROUP < GROUP / 2
    }
    /// Whether other units may refer to a datum.
    pub fn is_public_datum(self, datum: u32) -> bool {
        datum == 0 || !datum.is_multiple_of(4)
    }
    /// Whether a datum is never written.
    pub fn is_constant(self, datum: u32) -> bool {
        !datum.is_multiple_of(3)
    }
    /// Datum number `index`.
    pub fn datum(self, index: u32) -> Datum {
        let random = &mut Random::new(self.seed, index as u64 | 1 << 41);
        let mut datum = Datum::default();
        let words = 1 + random.below(14);
        for word in 0..words {
            let value = random.next() as u32 & 0x00ff_7f1f | 1;
            if random.below(100) < 12 {
                let target = match random.below(2) {
                    0 => Ok(self.some_datum(index * FUNCTIONS_PER_DATUM, random)),
                    _ => {
                        let ty = random.below(TYPES.len() as u32);
                        Err(self.some_function(index * FUNCTIONS_PER_DATUM, ty, random))
                    }
                };
                datum.pointers.push((word * 4, target));
                datum.bytes.extend([0; 4]);
            } else {
                datum.bytes.extend(value.to_le_bytes());
            }
        }
        datum
    }

    /// A function of a type that function number `from` may refer to: of the same unit four times in five.
    fn some_function(self, from: u32, ty: u32, random: &mut Random) -> u32 {
        let unit = self.functions_of(from / UNIT_FUNCTIONS);
        let types = TYPES.len() as u32;
        if random.below(5) > 0 {
            let any = random.large(unit.end - unit.start);
            return unit.start + any - any % types + ty;
        }
        // Some functions are called from everywhere.
        let skewed = random.unit() * random.unit() * random.unit();
        let any = (skewed * self.functions as f64) as u32;
        let mut place = types * random.below(PERIOD / types) + ty;
        while !self.is_public(place) {
            place = (place + types) % PERIOD;
        }
        any - any % PERIOD + place
    }
    fn some_datum(self, from: u32, random: &mut Random) -> u32 {
        let unit = self.data_of(from / UNIT_FUNCTIONS);
        if random.below(5) > 0 {
            return unit.start + random.large(unit.end - unit.start);
        }
        let any = random.large(self.data());
        if self.is_public_datum(any) { any } else { any - 1 }
    }

    /// Builds function number `index` from a body that was made beforehand.
    pub fn build(self, bodies: &Bodies, index: u32, b: &mut FunctionBuilder<'_>, ids: &mut impl Ids) {
        let random = &mut Random::new(self.seed, index as u64);
        let body = bodies.of(index, random);
        let first = TYPES[self.type_of(index) as usize].0.len() as u32;
        (0..body.locals).for_each(|_| _ = b.local(I32));
        if body.frame > 0 {
            b.frame(ids.stack_pointer(), Local(first), Local(first + 1), body.frame, 4);
        }
        for &step in &body.steps {
            match step {
                Step::Op(tag) => _ = b.op(tag),
                Step::Get(local) => _ = b.local_get(Local(local)),
                Step::Set(local) => _ = b.local_set(Local(local)),
                Step::Tee(local) => _ = b.local_tee(Local(local)),
                Step::Const(value) => _ = b.i32_const(value),
                Step::Wide(value) => _ = b.i64_const(value as i64),
                Step::Memory(tag, alignment, offset) => _ = b.memory(tag, MemArg::new(offset as u64, alignment as u32)),
                Step::Block(tag) => _ = b.block(tag, BlockType::Empty),
                Step::Branch(tag, label) => _ = b.branch(tag, label),
                Step::Member(member) => self.call(index + member, b, ids),
                Step::Leader(leader) => {
                    let callee = (index as u64 / GROUP as u64 * FANOUT as u64 + leader as u64) * GROUP as u64;
                    self.call((callee % self.functions as u64) as u32, b, ids);
                }
                Step::Call(ty) => self.call(self.some_function(index, ty, random), b, ids),
                Step::CallIndirect(ty) => {
                    _ = b.call_indirect(tag::CALL_INDIRECT, ids.ty(ty), Some(ids.table()));
                }
                Step::Slot(ty) => _ = b.func_ref(ids.func(self.some_function(index, ty, random))),
                Step::Address(addend) => _ = b.address(ids.data(self.some_datum(index, random)), addend as i64),
                Step::Symbolic(tag) => {
                    let data = ids.data(self.some_datum(index, random));
                    b.memory(tag, MemArg::symbolic(data, 0, 2));
                }
                Step::RestoreStack => _ = b.local_get(Local(first)).global_set_sp(ids.stack_pointer()),
            }
        }
    }
    fn call(self, callee: u32, b: &mut FunctionBuilder<'_>, ids: &mut impl Ids) {
        b.call(ids.func(callee));
    }
}
