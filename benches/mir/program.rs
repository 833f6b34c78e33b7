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

use wold::mir::{BlockType, Data, Fixup, Func, FunctionBuilder, Global, Local, MemArg, Table, Type, tag};

/// The name of function 0, where the program starts: the one function that is exported.
pub const ROOT: &str = "run";
/// Functions that one unit of compilation holds.
pub const UNIT_FUNCTIONS: u32 = 5000;
/// Functions of a group, of which the first is its leader.
const GROUP: u32 = 10;
/// Groups whose leaders a leader calls.
const FANOUT: u32 = 4;
/// Functions for each datum.
const FUNCTIONS_PER_DATUM: u32 = 4;
/// Instructions of the largest function, about.
const INSTRUCTIONS_MAX: f64 = 4605.0;
/// Bytes of a stack frame are a multiple of this.
const FRAME_UNIT: u32 = 16;

const I32: u8 = 0x7f;
const I64: u8 = 0x7e;

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

/// SplitMix64, of which small numbers take sixteen bits each.
struct Random {
    state: u64,
    bits: u64,
    left: u32,
}

impl Random {
    #[inline]
    fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self { state: seed ^ stream.wrapping_mul(0xd6e8_feb8_6659_fd93), bits: 0, left: 0 };
        random.next();
        random
    }
    #[inline]
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// A number below `end`, which is at most 65,536.
    #[inline]
    fn below(&mut self, end: u32) -> u32 {
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
    fn unit(&mut self) -> f64 {
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
        match index {
            0 => 1,
            _ => Random::new(self.seed, index as u64 | 1 << 40).below(TYPES.len() as u32),
        }
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
                    _ => Err(self.some_function(index * FUNCTIONS_PER_DATUM, random)),
                };
                datum.pointers.push((word * 4, target));
                datum.bytes.extend([0; 4]);
            } else {
                datum.bytes.extend(value.to_le_bytes());
            }
        }
        datum
    }

    /// A function that function number `from` may refer to: of the same unit four times in five.
    fn some_function(self, from: u32, random: &mut Random) -> u32 {
        let unit = self.functions_of(from / UNIT_FUNCTIONS);
        if random.below(5) > 0 {
            return unit.start + random.large(unit.end - unit.start);
        }
        // Some functions are called from everywhere.
        let skewed = random.unit() * random.unit() * random.unit();
        let any = (skewed * self.functions as f64) as u32;
        any - any % GROUP + (any % GROUP) % (GROUP / 2)
    }
    fn some_datum(self, from: u32, random: &mut Random) -> u32 {
        let unit = self.data_of(from / UNIT_FUNCTIONS);
        if random.below(5) > 0 {
            return unit.start + random.large(unit.end - unit.start);
        }
        let any = random.large(self.data());
        if self.is_public_datum(any) { any } else { any - 1 }
    }

    /// Builds function number `index`.
    pub fn build(self, index: u32, b: &mut FunctionBuilder<'_>, ids: &mut impl Ids) {
        let random = Random::new(self.seed, index as u64);
        let mut body =
            Body { program: self, index, b, ids, random, ty: self.type_of(index), locals: 0, left: 0, depth: 0 };
        body.write();
    }
}

/// A function being written.
struct Body<'a, 'b, I> {
    program: Program,
    index: u32,
    b: &'a mut FunctionBuilder<'b>,
    ids: &'a mut I,
    random: Random,
    ty: u32,
    /// Locals of type i32 behind the parameters.
    locals: u32,
    /// Instructions that may follow.
    left: i32,
    /// Open blocks.
    depth: u32,
}

impl<I: Ids> Body<'_, '_, I> {
    fn parameters(&self) -> u32 {
        TYPES[self.ty as usize].0.len() as u32
    }

    /// Instructions, by the function's place in its group: the deciles of Binaryen's functions.
    fn size(&mut self) -> i32 {
        const DECILES: [f64; 10] = [1.0, 1.0, 1.0, 1.0, 5.0, 17.0, 46.0, 75.0, 106.0, 214.0];
        // The largest tenth: a Pareto tail with the mean that was found.
        const TAIL: f64 = -1.0 / 1.72;
        let size = match self.index % GROUP {
            0 => (DECILES[9] * (1.0 - self.random.unit()).powf(TAIL)).min(INSTRUCTIONS_MAX),
            place => {
                let place = place as usize - 1;
                DECILES[place] + (DECILES[place + 1] - DECILES[place]) * self.random.unit()
            }
        };
        size as i32
    }

    fn write(&mut self) {
        self.left = self.size() - 1;
        let has_result = !TYPES[self.ty as usize].1.is_empty();
        if self.left < 4 {
            if has_result {
                self.b.i32_const(0);
            }
            return;
        }
        self.locals = 3 + (self.left as u32 / 10).min(30);
        let first = self.parameters();
        (0..self.locals).for_each(|_| _ = self.b.local(I32));
        let framed = self.left > 24 && self.random.below(100) < 75;
        let saved = Local(first);
        if framed {
            let size = FRAME_UNIT * (1 + self.random.below(12));
            let stack_pointer = self.ids.stack_pointer();
            self.b.frame(stack_pointer, saved, Local(first + 1), size, 4);
        }
        self.calls_of_a_leader();
        while self.left > 0 {
            self.statement();
        }
        (0..self.depth).for_each(|_| _ = self.b.op(tag::END));
        if framed {
            let stack_pointer = self.ids.stack_pointer();
            self.b.local_get(saved).global_set_sp(stack_pointer);
        }
        if has_result {
            self.get();
        }
    }

    /// Calls that make everything reachable.
    fn calls_of_a_leader(&mut self) {
        if !self.index.is_multiple_of(GROUP) {
            return;
        }
        let (group, end) = (self.index / GROUP, self.program.functions);
        let members = self.index + 1..(self.index + GROUP).min(end);
        let leaders = (1..=FANOUT).map(|i| (group as u64 * FANOUT as u64 + i as u64) * GROUP as u64);
        for callee in members.map(u64::from).chain(leaders).filter(|&callee| callee < end as u64) {
            self.call(callee as u32);
            self.plain();
        }
    }

    fn statement(&mut self) {
        match self.random.below(1000) {
            0..58 => {
                let callee = self.program.some_function(self.index, &mut self.random);
                self.call(callee);
            }
            58..68 => self.call_indirect(),
            68..92 => {
                self.get();
                let callee = self.program.some_function(self.index, &mut self.random);
                let slot = self.ids.func(callee);
                self.b.func_ref(slot);
                self.access(tag::I32_STORE);
                self.left -= 1;
            }
            92..107 => {
                let datum = self.program.some_datum(self.index, &mut self.random);
                let (data, addend) = (self.ids.data(datum), self.random.below(2) * 4);
                self.b.address(data, addend as i64);
                self.set();
                self.left -= 1;
            }
            107..135 => self.symbolic(),
            _ => self.plain(),
        }
    }

    /// A statement without relocations.
    fn plain(&mut self) {
        match self.random.below(100) {
            0..24 => {
                self.get();
                self.value();
                let tag = [tag::I32_STORE, tag::I32_STORE, tag::I32_STORE8][self.random.below(3) as usize];
                self.access(tag);
            }
            24..54 => {
                self.get();
                let tag = [tag::I32_LOAD, tag::I32_LOAD, tag::I32_LOAD8_U][self.random.below(3) as usize];
                self.access(tag);
                self.set();
            }
            54..78 => {
                self.get();
                self.value();
                const TAGS: [u8; 4] = [tag::I32_ADD, tag::I32_ADD, tag::I32_SUB, tag::I32_AND];
                self.b.op(TAGS[self.random.below(4) as usize]);
                self.left -= 1;
                self.set();
            }
            78..81 => {
                self.get();
                let value = self.random.next() as i64 >> self.random.below(60);
                self.b.i64_const(value);
                self.access(tag::I64_STORE);
                self.left -= 1;
            }
            _ => self.control(),
        }
    }

    fn control(&mut self) {
        match self.random.below(10) {
            0..4 if self.depth < 12 => {
                let tag = if self.random.below(7) == 0 { tag::LOOP } else { tag::BLOCK };
                self.b.block(tag, BlockType::Empty);
                self.depth += 1;
                self.left -= 2;
            }
            4..8 if self.depth > 0 => {
                self.get();
                if self.random.below(2) == 0 {
                    self.b.op(tag::I32_EQZ);
                    self.left -= 1;
                }
                let label = self.random.below(self.depth);
                self.b.branch(tag::BR_IF, label);
                self.left -= 1;
            }
            8..10 if self.depth > 0 => {
                if self.random.below(3) == 0 {
                    let label = self.random.below(self.depth);
                    self.b.branch(tag::BR, label);
                    self.left -= 1;
                }
                self.b.op(tag::END);
                self.depth -= 1;
            }
            _ => {}
        }
    }

    fn arguments(&mut self, ty: u32) {
        for &parameter in TYPES[ty as usize].0 {
            match parameter {
                I64 => _ = self.b.i64_const(self.random.below(100) as i64),
                _ => self.value(),
            }
        }
    }
    /// Takes what a call has given.
    fn result(&mut self, ty: u32) {
        if TYPES[ty as usize].1.is_empty() {
            return;
        }
        match self.random.below(3) {
            0 => {
                self.b.op(tag::DROP);
                self.left -= 1;
            }
            _ => self.set(),
        }
    }
    fn call(&mut self, callee: u32) {
        let ty = self.program.type_of(callee);
        self.arguments(ty);
        let func = self.ids.func(callee);
        self.b.call(func);
        self.left -= 1;
        self.result(ty);
    }
    fn call_indirect(&mut self) {
        let ty = self.random.below(TYPES.len() as u32);
        self.arguments(ty);
        self.get();
        let (id, table) = (self.ids.ty(ty), self.ids.table());
        self.b.call_indirect(tag::CALL_INDIRECT, id, Some(table));
        self.left -= 1;
        self.result(ty);
    }
    /// An access to memory at the address of data.
    fn symbolic(&mut self) {
        let datum = self.program.some_datum(self.index, &mut self.random);
        let data = self.ids.data(datum);
        self.get();
        if self.random.below(2) == 0 {
            self.b.memory(tag::I32_LOAD, MemArg::symbolic(data, 0, 2));
            self.set();
        } else {
            self.value();
            self.b.memory(tag::I32_STORE, MemArg::symbolic(data, 0, 2));
        }
        self.left -= 1;
    }
    fn access(&mut self, tag: u8) {
        // One in four is at the address itself; others are a few words, rarely some kilobytes away.
        let bits = [0, 0, 4, 5, 6, 7, 8, 12][self.random.below(8) as usize];
        let offset = 4 * (self.random.below(1 << bits) / 4);
        let alignment = if tag == tag::I32_LOAD8_U || tag == tag::I32_STORE8 { 0 } else { 2 };
        self.b.memory(tag, MemArg::new(offset as u64, alignment));
        self.left -= 1;
    }
    /// A local or a constant.
    fn value(&mut self) {
        if self.random.below(5) < 2 {
            return self.get();
        }
        let bits = [0, 1, 2, 4, 5, 6, 8, 9, 9, 16][self.random.below(10) as usize];
        self.b.i32_const(self.random.below(1 << bits) as i32 - self.random.below(2) as i32);
        self.left -= 1;
    }
    fn get(&mut self) {
        let local = self.local();
        self.b.local_get(local);
        self.left -= 1;
    }
    fn set(&mut self) {
        let local = self.local();
        match self.random.below(3) {
            0 => {
                self.b.local_tee(local).op(tag::DROP);
                self.left -= 1;
            }
            _ => _ = self.b.local_set(local),
        }
        self.left -= 1;
    }
    /// A local of type i32.
    fn local(&mut self) -> Local {
        let parameters = self.parameters();
        let parameter = self.random.below(3) == 0 && parameters > 0;
        // The first two may belong to the frame; any other parameter than the first may be an i64.
        if parameter { Local(0) } else { Local(parameters + 2 + self.random.below(self.locals - 2)) }
    }
}
