//! `cargo bench --bench mir [-- --functions N --rounds N --threads N --folder PATH]`: a million generated functions
//! through the MIR API, against writing them as object files and linking those with Wold, with wasm-ld 22 and with wild.
//!
//! Every measurement is a process of its own. A round makes each of them once, in turn; printed are medians, and what MIR
//! takes end to end as a ratio to the others. End to end is what a compiler sees: from functions as it has them in memory
//! (the plan, made beforehand: the same for both ways, and not counted) to the linked file. With objects that is encoding
//! and writing several thousand of them, starting a linker, and the link; with MIR, declaring, handing over and the link.
//! Starting and ending the processes counts.
//!
//! The outputs are validated, and compared: the functions of the MIR link are those of Wold's link of the objects with
//! `--compress-relocations`, instruction by instruction. For that, everything is linked in the order of the input; one more
//! MIR link, with its own compact orders, is measured besides.
//!
//! - `--functions N`: default 999,960, which is about as many as engines take; without cargo's `--bench` a few, as a test;
//! - `--rounds N`: default 5; `--threads N`: default all; for MIR also 1;
//! - `--count FOLDER`: instead of all that, prints what the objects in a folder consist of ([`program`] has such figures);
//! - `--folder PATH`: for objects and outputs; default: /dev/shm, or else the folder for temporary files;
//! - `WOLD`: the linker that links the objects, default this build's; `PEERS`: a folder with wasm-ld-22/wasm-ld and
//!   wild/wasm-ld, without which wasm-ld-22 and wild are looked for on PATH.

mod body;
mod count;
mod equal;
mod module;
mod objects;
mod peers;
mod plan;
mod program;

use peers::{Linker, Run};
use program::Program;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use wold::options::{Options, parse};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Functions with which the bench is a test.
const FEW: u32 = 20_000;
/// What all links are told, besides inputs, output and threads.
const ARGUMENTS: [&str; 2] = ["--no-entry", "--export-memory"];

/// What the command line says.
#[derive(Clone)]
struct Settings {
    program: Program,
    rounds: usize,
    threads: usize,
    folder: PathBuf,
    /// Which measurement this process is.
    child: Option<String>,
    /// A folder with objects to count.
    count: Option<PathBuf>,
}

fn main() -> Result<(), String> {
    let settings = settings()?;
    if let Some(folder) = &settings.count {
        return count::print(folder);
    }
    match settings.child.as_deref() {
        Some(kind @ ("mir" | "compact")) => measure_mir(&settings, kind == "compact"),
        Some("objects") => measure_objects(&settings),
        _ => race(&settings),
    }
}

fn settings() -> Result<Settings, String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let shm = Path::new("/dev/shm");
    let base = if shm.is_dir() { shm.to_owned() } else { std::env::temp_dir() };
    let program = Program { functions: FEW, seed: 1 };
    let folder = base.join(format!("wold-bench-mir-{}", std::process::id()));
    let mut settings = Settings { program, rounds: 1, threads, folder, child: None, count: None };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--bench") {
        (settings.program.functions, settings.rounds) = (1_000_000, 5);
    }
    let mut arguments = arguments.into_iter().filter(|argument| argument != "--bench");
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name}: a value is missing"))?;
        let number = || value.parse().map_err(|_| format!("{name} {value}: not a number"));
        match name.as_str() {
            "--functions" => settings.program.functions = number()?,
            "--rounds" => settings.rounds = number()? as usize,
            "--threads" => settings.threads = number()?.max(1) as usize,
            "--folder" => settings.folder = PathBuf::from(value),
            "--child" => settings.child = Some(value),
            "--count" => settings.count = Some(PathBuf::from(value)),
            _ => return Err(format!("{name}: there is no such option")),
        }
    }
    // Engines take as many as a million, the linker's own included.
    let functions = settings.program.functions.min(999_999) / program::PERIOD * program::PERIOD;
    settings.program.functions = functions.max(program::PERIOD);
    Ok(settings)
}

/// Options of the MIR link.
fn options(settings: &Settings, is_compact: bool) -> Options {
    let orders: &[&str] = if is_compact { &[] } else { &["--segment-order=input", "--index-order=input"] };
    let output = settings.folder.join(if is_compact { "compact.wasm" } else { "mir.wasm" });
    let arguments = ["--time"].iter().chain(&ARGUMENTS).chain(orders).map(|&argument| argument.to_owned());
    let mut options = parse::parse("wold", arguments.collect(), &|path| std::fs::read(path)).options;
    options.output = output.to_string_lossy().into_owned();
    options
}

fn in_pool<R: Send>(threads: usize, run: impl FnOnce() -> R + Send) -> Result<R, String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    Ok(pool.map_err(|error| error.to_string())?.install(run))
}

/// The child that links through MIR: prints a line for each step, and those of `--time`.
fn measure_mir(settings: &Settings, is_compact: bool) -> Result<(), String> {
    let options = options(settings, is_compact);
    let link = || module::link(&planned(settings), settings.threads, options);
    let (steps, passes) = in_pool(settings.threads, link)??;
    steps.iter().for_each(|(name, time)| peers::print_step(name, *time));
    passes.iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// What both ways begin with; its time is no part of either.
fn planned(settings: &Settings) -> plan::Plan {
    let (start, cpu) = (Instant::now(), peers::own_cpu());
    let plan = plan::Plan::new(settings.program);
    peers::print_plan(start.elapsed(), peers::own_cpu().saturating_sub(cpu));
    plan
}

/// The child that writes objects. Its steps run in all threads at once: their times are those of the threads together.
fn measure_objects(settings: &Settings) -> Result<(), String> {
    let plan = in_pool(settings.threads, || planned(settings))?;
    let next = AtomicU32::new(0);
    let work = || {
        let (mut scratch, mut sum) = (objects::Scratch::new(settings.program), objects::Times::default());
        loop {
            let unit = next.fetch_add(1, Ordering::Relaxed);
            if unit >= settings.program.units() {
                return Ok(sum);
            }
            let times = objects::write_unit(&plan, unit, &settings.folder, &mut scratch)?;
            sum.encode += times.encode;
            sum.write += times.write;
        }
    };
    let start = Instant::now();
    let all: Vec<std::io::Result<objects::Times>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..settings.threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    });
    let wall = start.elapsed();
    let mut sum = objects::Times::default();
    for times in all {
        let times = times.map_err(|error| error.to_string())?;
        sum.encode += times.encode;
        sum.write += times.write;
    }
    for (name, time) in [("encode", sum.encode), ("write", sum.write)] {
        peers::print_step(name, time / settings.threads as u32);
    }
    peers::print_step("objects", wall);
    Ok(())
}

/// All measured runs of one kind.
#[derive(Default)]
struct Series {
    walls: Vec<Duration>,
    cpus: Vec<Duration>,
    peak_kib: u64,
    steps: BTreeMap<String, Vec<Duration>>,
    order: Vec<String>,
}

impl Series {
    fn add(&mut self, run: Run) {
        self.walls.push(run.wall);
        self.cpus.push(run.cpu);
        self.peak_kib = self.peak_kib.max(run.peak_kib);
        for (name, time) in run.steps {
            if !self.steps.contains_key(&name) {
                self.order.push(name.clone());
            }
            self.steps.entry(name).or_default().push(time);
        }
    }
    fn wall(&self) -> Duration {
        median(&self.walls)
    }
    fn step(&self, name: &str) -> Duration {
        self.steps.get(name).map_or(Duration::ZERO, |times| median(times))
    }
    fn print(&self, name: &str) {
        let (wall, cpu) = (ms(self.wall()), ms(median(&self.cpus)));
        println!("{name:<34} {wall:>10.0} {cpu:>10.0} {:>10.0}", self.peak_kib as f64 / 1024.0);
        for step in &self.order {
            println!("    {step:<30} {:>10.0}", ms(self.step(step)));
        }
    }
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Runs everything in turn and prints the tables.
fn race(settings: &Settings) -> Result<(), String> {
    std::fs::create_dir_all(&settings.folder).map_err(|error| format!("{}: {error}", settings.folder.display()))?;
    let result = race_in_folder(settings);
    // What is left there takes memory.
    let _ = std::fs::remove_dir_all(&settings.folder);
    result
}

fn race_in_folder(settings: &Settings) -> Result<(), String> {
    let linkers = peers::find()?;
    let mut counts = vec![1, settings.threads];
    counts.dedup();
    let mut mir: Vec<Series> = counts.iter().map(|_| Series::default()).collect();
    let (mut compact, mut objects) = (Series::default(), Series::default());
    let mut links: Vec<Series> = linkers.iter().map(|_| Series::default()).collect();
    for round in 0..=settings.rounds {
        // The first round warms up, if there are others.
        let counts_too = round > 0;
        for (series, &threads) in mir.iter_mut().zip(&counts) {
            let run = peers::run(child(settings, "mir", threads)?)?;
            if counts_too {
                series.add(run)
            }
        }
        let run = peers::run(child(settings, "compact", settings.threads)?)?;
        if counts_too {
            compact.add(run)
        }
        let run = peers::run(child(settings, "objects", settings.threads)?)?;
        if counts_too {
            objects.add(run)
        }
        for (series, linker) in links.iter_mut().zip(&linkers) {
            let run = peers::run(linker.command(settings, &ARGUMENTS)?)?;
            if counts_too {
                series.add(run)
            }
        }
    }
    let functions = settings.program.functions;
    println!("{functions} functions, {} threads, {} rounds", settings.threads, settings.rounds);
    println!("{:<34} {:>10} {:>10} {:>10}", "", "wall ms", "cpu ms", "peak MiB");
    for (series, threads) in mir.iter().zip(&counts) {
        series.print(&format!("MIR, {threads} threads"));
    }
    compact.print(&format!("MIR, {} threads, compact orders", settings.threads));
    objects.print("writing objects");
    linkers.iter().zip(&links).for_each(|(linker, series)| series.print(&format!("{} links objects", linker.name)));
    print_summary(settings, &counts, &mir, &objects, linkers.iter().zip(&links));
    compare(settings, &linkers)
}

fn print_summary<'l>(
    settings: &Settings,
    counts: &[usize],
    mir: &[Series],
    objects: &Series,
    links: impl Iterator<Item = (&'l Linker, &'l Series)>,
) {
    for (series, threads) in mir.iter().zip(counts) {
        let per_second =
            |time: Duration| settings.program.functions as f64 / time.as_secs_f64() / *threads as f64 / 1e6;
        let (all, link) = (per_second(series.wall()), per_second(series.step("link")));
        println!("MIR, {threads} threads: {all:.2} M functions per second and core, {link:.2} M of them in the link");
    }
    let last = &mir[mir.len() - 1];
    if mir.len() > 1 {
        let scaling = |step: &str| ms(mir[0].step(step)) / ms(last.step(step));
        let all = ms(mir[0].wall()) / ms(last.wall());
        let (build, link) = (scaling("build"), scaling("link"));
        println!("1 to {} threads: {all:.2} times as fast; build {build:.2}, link {link:.2}", settings.threads);
    }
    for (linker, series) in links {
        let ratios: Vec<f64> = (0..settings.rounds)
            .map(|round| ms(objects.walls[round] + series.walls[round]) / ms(last.walls[round]))
            .collect();
        let median = ms(objects.wall() + series.wall()) / ms(last.wall());
        let (least, most) = ratios.iter().fold((f64::MAX, 0f64), |(a, b), &ratio| (a.min(ratio), b.max(ratio)));
        println!("objects and {:<12} end to end: MIR is {median:.2} times as fast [{least:.2}-{most:.2}]", linker.name);
    }
}

/// This program as one of its own children.
fn child(settings: &Settings, kind: &str, threads: usize) -> Result<Command, String> {
    let mut command = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
    command.args(["--child", kind, "--functions", &settings.program.functions.to_string()]);
    command.args(["--threads", &threads.to_string(), "--folder"]).arg(&settings.folder);
    Ok(command)
}

/// Whether the outputs are what they should be.
fn compare(settings: &Settings, linkers: &[Linker]) -> Result<(), String> {
    let wold = linkers.iter().find(|linker| linker.name == "wold").ok_or("wold is not here")?;
    let mut command = wold.command(settings, &ARGUMENTS)?;
    command.args(["--compress-relocations", "--strip-debug", "-o"]).arg(settings.folder.join("compressed.wasm"));
    peers::run(command)?;
    let read = |name: &str| {
        let path = settings.folder.join(name);
        std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let (mir, compressed) = (read("mir.wasm")?, read("compressed.wasm")?);
    wasmparser::validate(&mir).map_err(|error| format!("mir.wasm: {error}"))?;
    let functions = equal::compare(&mir, &compressed)?;
    println!("mir.wasm is valid; its {functions} functions are those of the objects, linked by Wold and compressed");
    let mir = peers::code(&mir)?;
    println!("{:<12} has {} functions in {} bytes", "MIR", mir.0, mir.1.len());
    for linker in linkers {
        let module = read(&linker.output())?;
        let (count, bytes) = peers::code(&module)?;
        println!("{:<12} has {count} functions in {} bytes", linker.name, bytes.len());
    }
    Ok(())
}
