//! Bodies of functions, with kinds of names in place of names: types check, control flow is structured.

use crate::program::{FANOUT, GROUP, I32, I64, Random, TYPES};
use wold::mir::tag;

/// Bodies for each place in a group and each type.
const VARIANTS: u32 = 16;
/// The same for leaders, whose sizes differ most.
const LEADER_VARIANTS: u32 = 64;
/// Instructions of the largest function, about.
const INSTRUCTIONS_MAX: f64 = 6000.0;
/// Bytes of a stack frame are a multiple of this.
const FRAME_UNIT: u32 = 16;

/// An instruction.
#[derive(Clone, Copy)]
pub enum Step {
    /// One without operand.
    Op(u8),
    /// `local.get`.
    Get(u32),
    /// `local.set`.
    Set(u32),
    /// `local.tee`.
    Tee(u32),
    /// `i32.const`.
    Const(i32),
    /// `i64.const`.
    Wide(i32),
    /// A load or store: tag, alignment, offset.
    Memory(u8, u8, u32),
    /// A block, by its tag.
    Block(u8),
    /// A branch: tag, label.
    Branch(u8, u32),
    /// Calls the function so many places behind this one.
    Member(u32),
    /// Calls the leader of a group that this one's leads to.
    Leader(u32),
    /// Calls a function of a type.
    Call(u32),
    /// Calls a table slot by a type.
    CallIndirect(u32),
    /// The table slot of a function of a type.
    Slot(u32),
    /// The address of a datum, and what is added to it.
    Address(u32),
    /// A load or store at the address of a datum.
    Symbolic(u8),
    /// Gives the frame back: two instructions.
    RestoreStack,
}

/// A function's body.
#[derive(Default)]
pub struct Body {
    /// Locals of type i32 behind the parameters.
    pub locals: u32,
    /// Bytes of its frame; 0: it has none.
    pub frame: u32,
    /// Instructions but the last `end`.
    pub steps: Vec<Step>,
}

/// All bodies.
pub struct Bodies {
    /// By place in the group and type.
    bodies: Vec<Vec<Body>>,
}

impl Bodies {
    /// Makes them.
    pub fn new(seed: u64) -> Self {
        let all = (0..GROUP).flat_map(|place| (0..TYPES.len() as u32).map(move |ty| (place, ty)));
        let variants = |(place, ty): (u32, u32)| {
            let count = if place == 0 { LEADER_VARIANTS } else { VARIANTS };
            (0..count).map(|i| Writer::new(seed, place, ty, i, count).write()).collect()
        };
        Self { bodies: all.map(variants).collect() }
    }
    /// The number of one for function number `index`.
    pub fn some(&self, index: u32, random: &mut Random) -> u16 {
        random.below(self.of(index).len() as u32) as u16
    }
    /// Body number `number` of those for function number `index`.
    #[inline]
    pub fn get(&self, index: u32, number: u16) -> &Body {
        &self.of(index)[number as usize]
    }
    fn of(&self, index: u32) -> &[Body] {
        let types = TYPES.len() as u32;
        &self.bodies[(index % GROUP * types + index % types) as usize]
    }
}

/// Writes a body.
struct Writer {
    random: Random,
    place: u32,
    ty: u32,
    /// Which of how many.
    variant: (u32, u32),
    body: Body,
    /// Instructions that may follow.
    left: i32,
    /// Open blocks.
    depth: u32,
}

impl Writer {
    fn new(seed: u64, place: u32, ty: u32, variant: u32, count: u32) -> Self {
        let random = Random::new(seed, (1 << 42) | ((place * 8 + ty) as u64 * 64 + variant as u64));
        Self { random, place, ty, variant: (variant, count), body: Body::default(), left: 0, depth: 0 }
    }

    /// Instructions, by the function's place in its group: the deciles of Binaryen's functions.
    fn size(&mut self) -> i32 {
        const DECILES: [f64; 10] = [1.0, 1.0, 1.0, 2.0, 5.0, 7.0, 37.0, 75.0, 102.0, 191.0];
        // The largest tenth: a Pareto tail with the mean that was found.
        const TAIL: f64 = -1.0 / 1.35;
        // Few stand for many: they are spread evenly.
        let part = (self.variant.0 as f64 + self.random.unit()) / self.variant.1 as f64;
        let size = match self.place {
            0 => (DECILES[9] * (1.0 - part).powf(TAIL)).min(INSTRUCTIONS_MAX),
            place => {
                let place = place as usize - 1;
                DECILES[place] + (DECILES[place + 1] - DECILES[place]) * part
            }
        };
        size as i32
    }

    fn write(mut self) -> Body {
        self.left = self.size() - 1;
        let has_result = !TYPES[self.ty as usize].1.is_empty();
        if self.left < 4 {
            if has_result {
                self.push(Step::Const(0));
            }
            return self.body;
        }
        self.body.locals = 3 + (self.left as u32 / 10).min(30);
        let framed = self.left > 24 && self.random.below(100) < 60;
        if framed {
            self.body.frame = FRAME_UNIT * (1 + self.random.below(12));
        }
        self.calls_of_a_leader();
        while self.left > 0 {
            self.statement();
        }
        (0..self.depth).for_each(|_| self.body.steps.push(Step::Op(tag::END)));
        if framed {
            self.push(Step::RestoreStack);
        }
        if has_result {
            self.get();
        }
        self.body
    }

    fn push(&mut self, step: Step) {
        self.body.steps.push(step);
        self.left -= 1;
    }

    /// Calls that make everything reachable.
    fn calls_of_a_leader(&mut self) {
        if self.place > 0 {
            return;
        }
        let types = TYPES.len() as u32;
        for member in 1..GROUP {
            self.call(Step::Member(member), (self.ty + member) % types);
            self.plain();
        }
        for leader in 1..=FANOUT {
            // It stands at FANOUT times this one's place, and some groups on.
            self.call(Step::Leader(leader), (self.ty * FANOUT + leader * GROUP) % types);
            self.plain();
        }
    }

    fn statement(&mut self) {
        let ty = self.random.below(TYPES.len() as u32);
        match self.random.below(1000) {
            0..80 => self.call(Step::Call(ty), ty),
            80..88 => {
                self.arguments(ty);
                self.get();
                self.push(Step::CallIndirect(ty));
                self.result(ty);
            }
            88..118 => {
                self.get();
                self.push(Step::Slot(ty));
                self.access(tag::I32_STORE);
            }
            118..135 => {
                let addend = self.random.below(2) * 4;
                self.push(Step::Address(addend));
                self.set();
            }
            135..155 => self.symbolic(),
            _ => self.plain(),
        }
    }

    /// A statement without names.
    fn plain(&mut self) {
        match self.random.below(100) {
            0..20 => {
                self.get();
                self.value();
                let tag = [tag::I32_STORE, tag::I32_STORE, tag::I32_STORE8][self.random.below(3) as usize];
                self.access(tag);
            }
            20..41 => {
                self.get();
                let tag = [tag::I32_LOAD, tag::I32_LOAD, tag::I32_LOAD8_U][self.random.below(3) as usize];
                self.access(tag);
                self.set();
            }
            41..54 => {
                const TAGS: [u8; 4] = [tag::I32_ADD, tag::I32_ADD, tag::I32_SUB, tag::I32_AND];
                self.get();
                for _ in 0..1 + self.random.below(2) {
                    self.value();
                    let tag = TAGS[self.random.below(4) as usize];
                    self.push(Step::Op(tag));
                }
                self.set();
            }
            54..56 => {
                self.get();
                let value = self.random.next() as i32 >> self.random.below(28);
                self.push(Step::Wide(value));
                self.access(tag::I64_STORE);
            }
            _ => self.control(),
        }
    }

    fn control(&mut self) {
        match self.random.below(10) {
            choice if choice < 4 && self.depth < 12 || self.depth == 0 => {
                let tag = if self.random.below(7) == 0 { tag::LOOP } else { tag::BLOCK };
                self.push(Step::Block(tag));
                self.depth += 1;
                // Its end.
                self.left -= 1;
            }
            4..8 if self.depth > 0 => {
                self.get();
                if self.random.below(2) == 0 {
                    self.push(Step::Op(tag::I32_EQZ));
                }
                let label = self.random.below(self.depth);
                self.push(Step::Branch(tag::BR_IF, label));
            }
            8..10 => {
                if self.random.below(3) == 0 {
                    let label = self.random.below(self.depth);
                    self.push(Step::Branch(tag::BR, label));
                }
                self.body.steps.push(Step::Op(tag::END));
                self.depth -= 1;
            }
            _ => {}
        }
    }

    fn arguments(&mut self, ty: u32) {
        for &parameter in TYPES[ty as usize].0 {
            match parameter {
                I64 => {
                    let value = self.random.below(100) as i32;
                    self.push(Step::Wide(value));
                }
                _ => self.value(),
            }
        }
    }
    /// Takes what a call has given.
    fn result(&mut self, ty: u32) {
        match (TYPES[ty as usize].1, self.random.below(3)) {
            ([], _) => {}
            (_, 0) => self.push(Step::Op(tag::DROP)),
            _ => self.set(),
        }
    }
    fn call(&mut self, step: Step, ty: u32) {
        self.arguments(ty);
        self.push(step);
        self.result(ty);
    }
    /// An access to memory at the address of data.
    fn symbolic(&mut self) {
        self.get();
        if self.random.below(2) == 0 {
            self.push(Step::Symbolic(tag::I32_LOAD));
            self.set();
        } else {
            self.value();
            self.push(Step::Symbolic(tag::I32_STORE));
        }
    }
    fn access(&mut self, tag: u8) {
        // One in four is at the address itself; others are a few words, rarely some kilobytes away.
        let bits = [0, 0, 4, 5, 6, 7, 8, 12][self.random.below(8) as usize];
        let offset = 4 * (self.random.below(1 << bits) / 4);
        let alignment = if tag == tag::I32_LOAD8_U || tag == tag::I32_STORE8 { 0 } else { 2 };
        self.push(Step::Memory(tag, alignment, offset));
    }
    /// A local or a constant.
    fn value(&mut self) {
        if self.random.below(4) == 0 {
            return self.get();
        }
        let bits = [0, 1, 2, 4, 5, 6, 8, 9, 9, 16][self.random.below(10) as usize];
        let value = self.random.below(1 << bits) as i32 - self.random.below(2) as i32;
        self.push(Step::Const(value));
    }
    fn get(&mut self) {
        let local = self.local();
        self.push(Step::Get(local));
    }
    fn set(&mut self) {
        let local = self.local();
        if self.random.below(3) == 0 {
            self.push(Step::Tee(local));
            self.push(Step::Op(tag::DROP));
        } else {
            self.push(Step::Set(local));
        }
    }
    /// A local of type i32.
    fn local(&mut self) -> u32 {
        let parameters = TYPES[self.ty as usize].0;
        let takes_first = self.random.below(3) == 0 && parameters.first() == Some(&I32);
        // The first two may belong to the frame.
        if takes_first { 0 } else { parameters.len() as u32 + 2 + self.random.below(self.body.locals - 2) }
    }
}
