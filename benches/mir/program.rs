//! A seeded program: functions and data that are like those of real code, as any compiler would hand them to a linker.
//!
//! What "like real code" means was counted in objects (`--count FOLDER`): those of Binaryen (C++, clang -O3; all 223 of
//! them), of SQLite and Lua (C), and of a Rust program in release; "here" is what is counted in the bench's own objects.
//!
//! | | Binaryen | SQLite | Lua | Rust | here |
//! |---|---|---|---|---|---|
//! | functions of an object, mean | 216 | 903 | 19 | 20 | 200 |
//! | instructions of a function, mean | 96 | 318 | 148 | 119 | 93 |
//! | bytes of a function, mean | 225 | 713 | 332 | 271 | 218 |
//! | of 100 instructions: direct calls | 4.2 | 1.9 | 4.2 | 3.9 | 3.8 |
//! | ... globals (the stack pointer) | 0.9 | 0.3 | 0.6 | 0.8 | 0.9 |
//! | ... table slots of functions | 1.8 | 0.1 | 0.1 | 0.1 | 0.9 |
//! | ... addresses of data | 0.3 | 0.6 | 1.0 | 1.0 | 0.5 |
//! | ... accesses to memory at a symbol | 0.15 | 1.6 | 0.1 | 0.04 | 0.6 |
//! | ... indirect calls | 0.15 | 0.5 | 0.1 | 0.05 | 0.2 |
//! | ... `local.get`, `.set`, `.tee` | 39 | 34 | 35 | 35 | 38 |
//! | ... loads and stores | 14 | 14 | 12 | 13 | 13 |
//! | ... blocks, loops, ends and branches | 16 | 20 | 18 | 18 | 15 |
//! | data symbols per function | 0.2 | 1.0 | 1.2 | 1.0 | 0.25 |
//! | bytes of a data segment, mean | 29 | 74 | 103 | 22 | 28 |
//! | pointers in data per function | 0.2 | 0.7 | 0.7 | 0.5 | 0.2 |
//! | bytes of a function's name, mean | 127 | 18 | 11 | 166 | 130 |
//! | functions of other objects that it names, per own | 0.25 | 0.03 | 1.4 | 1.3 | 0.8 |
//!
//! The deciles of instructions are Binaryen's (1 1 2 5 7 37 75 102 191), and so are those of the lengths of names.
//!
//! Functions come in groups of ten, one of each decile. The largest leads: it calls the others, and the leaders of some
//! groups behind it, so that all are reached from function 0. Half of the functions, and a quarter of the data, are only
//! used by their own unit. Other calls go to the own unit most of the time. Names are as long as Binaryen's, in the form
//! of a source language: linkers would demangle others, all in the same way. What C++ objects have besides, functions that
//! several objects define and comdat groups for them, is left out; so are debug information and string merging.
//!
//! What a compiler does before it has instructions is not measured. Bodies are made beforehand, some hundreds of them
//! ([`crate::body`]), and so is the plan of every unit ([`crate::plan`]): which body each function has, which functions
//! and data stand in it in place of names, all data, all names.

/// The name of function 0, where the program starts: the one function that is exported.
pub const ROOT: &str = "run";
/// Functions that one unit of compilation holds.
pub const UNIT_FUNCTIONS: u32 = 200;
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

/// Takes a function's instructions: the linker's builder, or the writer of an object.
pub trait Target {
    /// Locals of type i32 behind the parameters.
    fn locals(&mut self, count: u32);
    /// A frame on the stack.
    fn frame(&mut self, saved: u32, bottom: u32, size: u32);
    /// An instruction without operand.
    fn op(&mut self, tag: u8);
    /// `local.get`, `local.set` or `local.tee`, or a branch, by its tag.
    fn number(&mut self, tag: u8, number: u32);
    /// `i32.const`.
    fn i32_const(&mut self, value: i32);
    /// `i64.const`.
    fn i64_const(&mut self, value: i64);
    /// A load or store.
    fn memory(&mut self, tag: u8, alignment: u32, offset: u32);
    /// A block without values.
    fn block(&mut self, tag: u8);
    /// Calls a function.
    fn call(&mut self, function: u32);
    /// Calls a table slot by a type.
    fn call_indirect(&mut self, ty: u32);
    /// The table slot of a function.
    fn slot(&mut self, function: u32);
    /// The address of a datum.
    fn address(&mut self, datum: u32, addend: i64);
    /// A load or store of 4 bytes at a datum.
    fn symbolic(&mut self, tag: u8, datum: u32);
    /// Sets the stack pointer to a local.
    fn set_stack_pointer(&mut self, saved: u32);
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
    pub fn large(&mut self, end: u32) -> u32 {
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
    /// The unit of a function, and its number there.
    pub fn place_of(self, function: u32) -> (usize, usize) {
        ((function / UNIT_FUNCTIONS) as usize, (function % UNIT_FUNCTIONS) as usize)
    }
    /// The unit of a datum, and its number there.
    pub fn place_of_datum(self, datum: u32) -> (usize, usize) {
        const DATA: u32 = UNIT_FUNCTIONS / FUNCTIONS_PER_DATUM;
        ((datum / DATA) as usize, (datum % DATA) as usize)
    }
    /// A function of the unit of a datum.
    pub fn function_near(self, datum: u32) -> u32 {
        datum * FUNCTIONS_PER_DATUM
    }
    /// The data of a unit.
    pub fn data_of(self, unit: u32) -> std::ops::Range<u32> {
        let functions = self.functions_of(unit);
        functions.start / FUNCTIONS_PER_DATUM..functions.end.div_ceil(FUNCTIONS_PER_DATUM)
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
    /// A function of a type that function number `from` may refer to: of the same unit seven times in eight.
    pub fn some_function(self, from: u32, ty: u32, random: &mut Random) -> u32 {
        let unit = self.functions_of(from / UNIT_FUNCTIONS);
        let types = TYPES.len() as u32;
        if random.below(8) > 0 {
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
    /// A datum that function number `from` may refer to.
    pub fn some_datum(self, from: u32, random: &mut Random) -> u32 {
        let unit = self.data_of(from / UNIT_FUNCTIONS);
        if random.below(8) > 0 {
            return unit.start + random.large(unit.end - unit.start);
        }
        let any = random.large(self.data());
        if self.is_public_datum(any) { any } else { any - 1 }
    }
}
