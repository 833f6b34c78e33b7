//! Random edits: every flush gives what a new session with the same contents gives.

use super::*;
use crate::mir::{Data, DataKind, Fixup, Func, Linkage, Local, MemArg, Ordinal, Worker, tag};

/// A small generator of numbers: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

/// A step of a function; numbers are positions in [`Program`].
#[derive(Clone, Copy, Debug)]
enum Step {
    Const(i32),
    Call(usize),
    Load(usize, u64),
    Address(usize, i64),
    Slot(usize),
    Unnamed(u8),
    StackPointer,
    Indirect,
}

/// What is compiled, apart from any session.
#[derive(Clone, Debug, Default)]
struct Program {
    /// Steps of each function, and whether it is exported.
    functions: Vec<(Vec<Step>, bool)>,
    /// Bytes of each datum, and a function that it points to.
    data: Vec<(Vec<u8>, Option<usize>)>,
}

/// A program's declarations in a session.
struct Unit {
    session: Session,
    module: Arc<Module>,
    functions: Vec<Func>,
    data: Vec<Data>,
}

/// Ordinals of data begin here.
const DATA_ORDINALS: u32 = 1 << 20;

impl Unit {
    fn empty(options: &Options) -> Self {
        let session = Session::new(options.clone());
        let module = session.module("unit");
        Self { session, module, functions: Vec::new(), data: Vec::new() }
    }
    /// Declares what of `program` is not declared.
    fn declare(&mut self, program: &Program) {
        let ty = self.module.func_type(&[0x7f], &[0x7f]);
        for index in self.functions.len()..program.functions.len() {
            let linkage = if program.functions[index].1 { Linkage::Export } else { Linkage::Local };
            let ordinal = Some(Ordinal(index as u32));
            self.functions.push(self.module.declare_func(&format!("f{index}"), ty, linkage, ordinal));
        }
        for index in self.data.len()..program.data.len() {
            let ordinal = Some(Ordinal(DATA_ORDINALS + index as u32));
            let data = self.module.declare_data(&format!("d{index}"), DataKind::Mutable, Linkage::Local, ordinal);
            self.data.push(data);
        }
    }
    fn define_function(&self, worker: &mut Worker, program: &Program, index: usize) {
        let ty = self.module.func_type(&[0x7f], &[0x7f]);
        let (stack_pointer, table) = (self.module.stack_pointer(), self.module.indirect_table());
        let steps = &program.functions[index].0;
        let unnamed: Vec<Option<Data>> = steps
            .iter()
            .map(|step| match step {
                Step::Unnamed(byte) => Some(worker.unnamed(&[*byte, 1, 2], 0, &[])),
                _ => None,
            })
            .collect();
        let built = worker.func(self.functions[index], |f| {
            f.local_get(Local(0));
            for (step, unnamed) in steps.iter().zip(unnamed) {
                match *step {
                    Step::Const(value) => f.i32_const(value),
                    Step::Call(callee) => f.i32_const(1).call(self.functions[callee]),
                    Step::Load(data, offset) => {
                        f.address(self.data[data], 0).memory(tag::I32_LOAD8_U, MemArg::new(offset, 0))
                    }
                    Step::Address(data, addend) => f.address(self.data[data], addend),
                    Step::Slot(function) => f.func_ref(self.functions[function]),
                    Step::Unnamed(_) => f.uav_ref(unnamed.expect("made above"), 0),
                    Step::StackPointer => f.global_get(stack_pointer),
                    Step::Indirect => f.i32_const(1).i32_const(1).call_indirect(tag::CALL_INDIRECT, ty, Some(table)),
                };
                f.op(tag::I32_ADD);
            }
        });
        built.expect("well formed");
    }
    fn define_data(&self, worker: &mut Worker, program: &Program, index: usize) {
        let (bytes, pointer) = &program.data[index];
        let fixups: Vec<Fixup> = pointer.iter().map(|&function| Fixup::func(0, self.functions[function])).collect();
        worker.data(self.data[index], bytes, 2, &fixups);
    }
    fn define_all(&self, program: &Program) {
        let mut worker = self.module.worker();
        (0..program.functions.len()).for_each(|index| self.define_function(&mut worker, program, index));
        (0..program.data.len()).for_each(|index| self.define_data(&mut worker, program, index));
    }
    /// How many flushes have not linked anew since the last one that did.
    fn updates(&self) -> Option<u32> {
        self.session.last.lock().as_ref().map(|last| last.updates)
    }
}

impl Program {
    fn random_step(&self, random: &mut Random) -> Step {
        let (function, data) = (random.below(self.functions.len()), random.below(self.data.len()));
        match random.below(16) {
            0..5 => Step::Const(random.below(1 << 20) as i32 - (1 << 19)),
            5..9 => Step::Call(function),
            9..11 => Step::Load(data, random.below(300) as u64),
            11..13 => Step::Address(data, random.below(100) as i64 - 50),
            13 => [Step::Slot(function), Step::Indirect][random.below(2)],
            14 => Step::Unnamed(random.below(40) as u8),
            _ => Step::StackPointer,
        }
    }
    fn add_function(&mut self, random: &mut Random, is_exported: bool) {
        self.functions.push((Vec::new(), is_exported));
        let steps = (0..random.below(12)).map(|_| self.random_step(random)).collect();
        self.functions.last_mut().expect("was pushed").0 = steps;
    }
    fn random(random: &mut Random, functions: usize, data: usize) -> Self {
        let mut program = Self::default();
        for _ in 0..data {
            program.data.push((vec![random.below(3) as u8; 4 + random.below(12)], None));
        }
        program.functions = vec![(Vec::new(), false); functions];
        for index in 0..functions {
            let steps = (0..random.below(12)).map(|_| program.random_step(random)).collect();
            program.functions[index] = (steps, index % 8 == 0);
        }
        program
    }
    /// Changes something, in the program and in `unit`.
    fn edit(&mut self, random: &mut Random, unit: &mut Unit) {
        let function = random.below(self.functions.len());
        match random.below(20) {
            0 => {
                let data = random.below(self.data.len());
                let pointer = (random.below(2) == 0).then_some(function);
                self.data[data] = (vec![random.below(3) as u8; 4 + random.below(12)], pointer);
                unit.define_data(&mut unit.module.replacing_worker(), self, data);
            }
            1 => {
                let is_exported = random.below(2) == 0;
                self.add_function(random, is_exported);
                unit.declare(self);
                unit.define_function(&mut unit.module.worker(), self, self.functions.len() - 1);
            }
            choice => {
                let step = self.random_step(random);
                let steps = &mut self.functions[function].0;
                let at = random.below(steps.len().max(1)).min(steps.len());
                match choice {
                    2..8 if at < steps.len() => steps[at] = step,
                    8..10 => steps.insert(at, step),
                    10..12 if at < steps.len() => _ = steps.remove(at),
                    _ => steps.push(Step::Const(random.below(1 << 20) as i32)),
                }
                unit.define_function(&mut unit.module.replacing_worker(), self, function);
            }
        }
    }
}

fn check(options: &Options, seed: u64, edits: usize) -> u32 {
    let random = &mut Random(seed);
    let mut program = Program::random(random, 200, 40);
    let mut unit = Unit::empty(options);
    unit.declare(&program);
    unit.define_all(&program);
    let mut updates = 0;
    for edit in 0..edits {
        let flushed = unit.session.flush().expect("links").module;
        updates += u32::from(unit.updates().is_some_and(|updates| updates > 0));
        let mut fresh = Unit::empty(options);
        fresh.declare(&program);
        fresh.define_all(&program);
        let cold = fresh.session.flush().expect("links").module;
        assert!(flushed == cold, "seed {seed}, edit {edit} {:?}", unit.updates());
        if edit % 100 == 0 {
            wasmparser::validate(&cold).expect("valid");
        }
        program.edit(random, &mut unit);
    }
    updates
}

#[test]
fn a_thousand_edits_equal_links_from_nothing() {
    let options = Options { entry: None, ..Options::default() };
    let updates = check(&options, 0x5eed_0001, 1000);
    // Otherwise the short way has not been tried.
    assert!(updates > 300, "{updates}");
}

#[test]
fn so_they_do_in_the_order_of_the_input() {
    use crate::options::Order;
    let orders = Options { segment_order: Order::Input, index_order: Order::Input, ..Options::default() };
    let options = Options { entry: None, ..orders };
    let updates = check(&options, 0x5eed_0002, 300);
    assert!(updates > 100, "{updates}");
}

#[test]
fn and_with_nothing_collected() {
    let options = Options { entry: None, gc_sections: false, ..Options::default() };
    check(&options, 0x5eed_0003, 100);
}
