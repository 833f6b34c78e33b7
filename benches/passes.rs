//! `WOLD_CORPUS=DIR cargo bench --bench passes [-- PROGRAM...]`: what each pass of a link takes, the median of a few
//! links, by the same clock as `--time`.

mod common;

use common::{ROUNDS, each_program, median_ms};
use std::time::Duration;
use wold::diagnostic::Diagnostics;
use wold::input::Disk;
use wold::options::Options;
use wold::pipeline::link_to_file;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), String> {
    each_program(bench)
}

/// Links one program a few times into a temporary file and prints a line for each pass.
fn bench(name: &str, options: Options) -> Result<(), String> {
    let output = std::env::temp_dir().join(format!("wold-bench-{}.wasm", std::process::id()));
    let options = Options { time: true, output: output.to_string_lossy().into_owned(), ..options };
    let mut passes: Vec<(String, Vec<Duration>)> = Vec::new();
    for round in 0..=ROUNDS {
        let mut diagnostics = Diagnostics::new(false);
        let linked = link_to_file(&options, &Disk, &mut diagnostics);
        // A failed link has left nothing to remove.
        let _ = std::fs::remove_file(&output);
        linked.map_err(|_| format!("{:?}", diagnostics.list()))?;
        if round > 0 {
            diagnostics.output().iter().filter_map(|line| pass_time(line)).for_each(|(pass, time)| {
                match passes.iter_mut().find(|(known, _)| *known == pass) {
                    Some((_, times)) => times.push(time),
                    None => passes.push((pass, vec![time])),
                }
            });
        }
    }
    println!("{name}");
    for (pass, times) in passes {
        println!("    {pass:<34} {:>10.2} ms", median_ms(times));
    }
    Ok(())
}

/// Name and wall time of a row of the `--time` table: a name, wall and CPU milliseconds.
fn pass_time(line: &str) -> Option<(String, Duration)> {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let _cpu: f64 = words.pop()?.parse().ok()?;
    let wall: f64 = words.pop()?.parse().ok()?;
    let time = Duration::try_from_secs_f64(wall / 1e3).ok()?;
    (!words.is_empty()).then(|| (words.join(" "), time))
}
