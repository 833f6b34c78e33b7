//! `WOLD_CORPUS=DIR cargo bench --bench passes [-- PROGRAM[/PASS]]`: what each pass of a link takes, by the same clock as
//! `--time`, under Criterion: its statistics, and with `--save-baseline=NAME` and `--baseline=NAME` its comparisons of
//! one version with another.

mod common;

use common::each_program;
use criterion::{Criterion, SamplingMode};
use std::path::PathBuf;
use std::time::Duration;
use wold::diagnostic::Diagnostics;
use wold::input::Disk;
use wold::options::Options;
use wold::pipeline::link_to_file;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), String> {
    let second = Duration::from_secs(1);
    let settings = Criterion::default().sample_size(10).warm_up_time(second / 4).measurement_time(second);
    let mut criterion = settings.configure_from_args();
    each_program(|name, options| bench(&mut criterion, name, options))?;
    criterion.final_summary();
    Ok(())
}

/// Measures each pass of the link of one program.
fn bench(criterion: &mut Criterion, name: &str, options: Options) -> Result<(), String> {
    let output = std::env::temp_dir().join(format!("wold-bench-{}.wasm", std::process::id()));
    let options = Options { time: true, output: output.to_string_lossy().into_owned(), ..options };
    let link = Link { options, output };
    let mut group = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat);
    for (index, (pass, _)) in link.passes()?.into_iter().enumerate() {
        // That the link works is known by now; a failure all the same shows as a time of zero.
        let once = || link.passes().ok().and_then(|passes| passes.get(index).map(|pass| pass.1)).unwrap_or_default();
        group.bench_function(pass, |bencher| bencher.iter_custom(|rounds| (0..rounds).map(|_| once()).sum()));
    }
    group.finish();
    Ok(())
}

/// A link into a temporary file.
struct Link {
    options: Options,
    output: PathBuf,
}

impl Link {
    /// Links, and returns the rows of the `--time` table.
    fn passes(&self) -> Result<Vec<(String, Duration)>, String> {
        let mut diagnostics = Diagnostics::new(false);
        let linked = link_to_file(&self.options, &Disk, &mut diagnostics);
        // A failed link has left nothing to remove.
        let _ = std::fs::remove_file(&self.output);
        linked.map_err(|_| format!("{:?}", diagnostics.list()))?;
        Ok(diagnostics.output().iter().filter_map(|line| row(line)).collect())
    }
}

/// Name and wall time of a row of the `--time` table: columns lie at least two blanks apart, times are milliseconds. Not
/// of the head and of the last row, which holds memory.
fn row(line: &str) -> Option<(String, Duration)> {
    let (name, rest) = line.split_once("  ")?;
    let wall: f64 = rest.split_whitespace().next()?.parse().ok()?;
    let time = Duration::try_from_secs_f64(wall / 1e3).ok()?;
    (!name.starts_with("peak")).then(|| (name.to_owned(), time))
}
