//! `WOLD_CORPUS=DIR cargo bench --bench link [-- PROGRAM...]`: whole links through the library, without process start
//! and without writing a file.

mod common;

use common::{ROUNDS, each_program, median_ms};
use std::time::{Duration, Instant};
use wold::diagnostic::Diagnostics;
use wold::input::Disk;
use wold::options::Options;
use wold::pipeline::link;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
