//! `WOLD_CORPUS=DIR cargo bench --bench link [-- PROGRAM...]`: whole links through the library, without process start
//! and without writing a file.

mod common;

use common::each_program;
use std::time::{Duration, Instant};
use wold::diagnostic::Diagnostics;
use wold::input::Disk;
use wold::options::Options;
use wold::pipeline::link;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measured runs of each program, after one for warming up.
const ROUNDS: usize = 9;

fn main() -> Result<(), String> {
    println!("{:<28} {:>10} {:>10} {:>10} {:>12}", "program", "median ms", "least ms", "most ms", "bytes");
    each_program(bench)
}

/// Links one program a few times and prints a line about it.
fn bench(name: &str, options: Options) -> Result<(), String> {
    let mut times = Vec::with_capacity(ROUNDS);
    let mut size = 0;
    for round in 0..=ROUNDS {
        let mut diagnostics = Diagnostics::new(false);
        let start = Instant::now();
        let module = link(&options, &Disk, &mut diagnostics);
        let time = start.elapsed();
        let module = module.map_err(|_| format!("{:?}", diagnostics.list()))?;
        size = module.len();
        if round > 0 {
            times.push(time);
        }
    }
    let ms = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e3);
    let (least, most) = (ms(times.iter().min()), ms(times.iter().max()));
    println!("{name:<28} {:>10.2} {least:>10.2} {most:>10.2} {size:>12}", median_ms(times));
    Ok(())
}

/// The middle one, in milliseconds; 0 of nothing.
fn median_ms(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}
