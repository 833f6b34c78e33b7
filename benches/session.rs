//! A session of many functions: a link from nothing against a flush after one function was replaced, in CPU time.
//!
//! `cargo bench --bench session -- [FUNCTIONS]` (default 20000)

use rustix::time::{ClockId, clock_gettime};
use wold::Session;
use wold::mir::{Data, DataKind, Func, FunctionBuilder, Linkage, Local, MemArg, Module, Ordinal, tag};
use wold::options::Options;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often each is measured.
const ROUNDS: usize = 15;
const I32: u8 = 0x7f;

/// CPU time of the process, all threads, in milliseconds.
fn cpu_ms() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

struct Program {
    functions: Vec<Func>,
    data: Vec<Data>,
}

impl Program {
    fn declare(module: &Module, count: u32) -> Self {
        let ty = module.func_type(&[I32, I32], &[I32]);
        let function = |i: u32| {
            let linkage = if i.is_multiple_of(10) { Linkage::Export } else { Linkage::Local };
            module.declare_func(&format!("function_number_{i}"), ty, linkage, Some(Ordinal(i)))
        };
        let data = |i: u32| {
            let ordinal = Some(Ordinal(count + i));
            module.declare_data(&format!("data_{i}"), DataKind::Mutable, Linkage::Local, ordinal)
        };
        Self { functions: (0..count).map(function).collect(), data: (0..count / 4).map(data).collect() }
    }
    /// About a hundred instructions, five calls and four loads; an edit changes constants and calls another exported
    /// function: one that is in the module already.
    fn body(&self, f: &mut FunctionBuilder, index: u32, edit: u32) {
        f.local_get(Local(0));
        for step in 0..20u32 {
            let constant = index.wrapping_mul(31).wrapping_add(step * 7 + edit) as i32;
            f.local_get(Local(1)).i32_const(constant).op(tag::I32_ADD).op(tag::I32_ADD);
            if step.is_multiple_of(4) {
                let callee = (index as u64 * 7919 + step as u64 * 104_729) % self.functions.len() as u64;
                let other = (callee + edit as u64 * 370) / 10 * 10 % self.functions.len() as u64;
                let callee = if edit > 0 && step == 8 { other } else { callee };
                f.local_get(Local(0)).call(self.functions[callee as usize]);
            }
            if step.is_multiple_of(5) {
                let data = self.data[(index + step * 13) as usize % self.data.len()];
                f.address(data, 4).memory(tag::I32_LOAD, MemArg::new(8, 2)).op(tag::I32_ADD);
            }
        }
    }
    fn define(&self, module: &Module) {
        let mut worker = module.worker();
        for (i, &function) in self.functions.iter().enumerate() {
            worker.func(function, |f| self.body(f, i as u32, 0)).expect("well formed");
        }
        self.data.iter().for_each(|&data| worker.data(data, &[1; 16], 4, &[]));
    }
}

fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(20_000);
    let options = Options { entry: None, ..Options::default() };
    let (mut cold, mut edited, mut size) = (Vec::new(), Vec::new(), 0);
    for round in 0..ROUNDS as u32 {
        let session = Session::new(options.clone());
        let module = session.module("unit");
        let program = Program::declare(&module, count);
        program.define(&module);
        let start = cpu_ms();
        size = session.flush().expect("links").module.len();
        cold.push(cpu_ms() - start);
        let index = (round * 7919) % count;
        let start = cpu_ms();
        let function = program.functions[index as usize];
        module.replace_func(function, |f| program.body(f, index, round + 1)).expect("well formed");
        session.flush().expect("links");
        edited.push(cpu_ms() - start);
    }
    let (cold, edited) = (median(cold), median(edited));
    println!("{count} functions, {size} bytes, median of {ROUNDS}, CPU time of all threads");
    println!("from nothing  {cold:8.2} ms");
    println!("one edit      {edited:8.2} ms, 1/{:.1}", cold / edited);
}
