//! `floor --size=BYTES [--threads=N] -o OUTPUT @link.rsp`: what the machine asks of any linker for this link: opens and
//! maps the files that the arguments of the link name, reads each byte of them once, and writes a file of `BYTES` bytes
//! with positioned writes straight from the maps, all on `N` threads (default: all). Prints wall and CPU time of each
//! step. Nothing is parsed, resolved or relocated: a linker takes some multiple of this.
//!
//! `cargo bench --bench floor` makes it; `scripts/bench` runs it in turn with the linkers. Like Wold, it reads very small
//! files, and those beyond the system's limit of mappings, instead of mapping them.

use rustix::time::{ClockId, clock_gettime};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use wold::input::FileBytes;
use wold::options::{Options, Positional, parse};
use wold::output_file::write_at;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Bytes that a thread reads or writes before it takes the next piece.
const PIECE: usize = 1 << 20;

fn main() -> Result<(), String> {
    let (sizes, mut words): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).filter(|word| word != "--bench").partition(|word| word.starts_with("--size="));
    let Some(size) = sizes.last().and_then(|word| word["--size=".len()..].parse().ok()) else {
        println!("skipped: floor --size=BYTES [--threads=N] -o OUTPUT @link.rsp");
        return Ok(());
    };
    words.retain(|word| word != "--no-fork");
    let options = parse::parse("floor", words, &|path| std::fs::read(path)).options;
    let threads = options.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1);
    let paths = files(&options)?;
    let output = File::create(&options.output).map_err(|error| format!("{}: {error}", options.output))?;

    let mut steps = Steps::start();
    let files = open(&paths, threads)?;
    steps.end("open and map");
    let (bytes, sum) = read(&files, threads);
    steps.end("read");
    write(&files, bytes, size, &output, threads)?;
    steps.end("write");
    println!("{} files, {bytes} bytes read, {size} written, {threads} threads, sum {sum:x}", files.len());
    steps.report();
    // As a linker does: the system takes the maps back faster than they are given back one by one.
    std::process::exit(0)
}

/// The files that the options name, libraries included, each once.
fn files(options: &Options) -> Result<Vec<PathBuf>, String> {
    let mut paths = Vec::new();
    for input in &options.inputs {
        match input {
            Positional::File(path) => paths.push(path.into()),
            Positional::Library(name) => {
                let folders = options.library_paths.iter();
                let found = folders.map(|folder| Path::new(folder).join(format!("lib{name}.a"))).find(|at| at.exists());
                paths.push(found.ok_or_else(|| format!("no library -l{name}"))?);
            }
            _ => {}
        }
    }
    let mut seen = std::collections::HashSet::new();
    paths.retain(|path: &PathBuf| seen.insert(path.clone()));
    Ok(paths)
}

/// Calls `work` with every number below `count`, on `threads` threads that each take the next when they are free.
fn spread(threads: usize, count: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    let run = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                break;
            }
            work(number);
        }
    };
    std::thread::scope(|scope| {
        (1..threads).for_each(|_| _ = scope.spawn(run));
        run();
    });
}

fn open(paths: &[PathBuf], threads: usize) -> Result<Vec<FileBytes>, String> {
    /// Files that a thread opens before it takes more.
    const BATCH: usize = 64;
    let opened = Mutex::new(Vec::with_capacity(paths.len()));
    let failure = Mutex::new(None);
    let batches: Vec<&[PathBuf]> = paths.chunks(BATCH).collect();
    spread(threads, batches.len(), |batch| {
        let files = batches[batch]
            .iter()
            .map(|path| FileBytes::open(path).map_err(|error| format!("{}: {error}", path.display())));
        match files.collect::<Result<Vec<_>, String>>() {
            Ok(files) => opened.lock().unwrap_or_else(|lock| lock.into_inner()).extend(files),
            Err(error) => *failure.lock().unwrap_or_else(|lock| lock.into_inner()) = Some(error),
        }
    });
    match failure.into_inner().unwrap_or_else(|lock| lock.into_inner()) {
        Some(error) => Err(error),
        None => Ok(opened.into_inner().unwrap_or_else(|lock| lock.into_inner())),
    }
}

/// Pieces of the files of at most [`PIECE`] bytes.
fn pieces(files: &[FileBytes]) -> Vec<&[u8]> {
    files.iter().flat_map(|file| file.as_ref().chunks(PIECE)).collect()
}

/// Reads every byte. Returns how many there are, and a sum over them that keeps the reads from being optimised away.
fn read(files: &[FileBytes], threads: usize) -> (usize, u64) {
    let pieces = pieces(files);
    let total = AtomicU64::new(0);
    spread(threads, pieces.len(), |number| {
        let (words, rest) = pieces[number].as_chunks::<8>();
        let sum = words.iter().fold(0u64, |sum, word| sum.wrapping_add(u64::from_le_bytes(*word)));
        let sum = rest.iter().fold(sum, |sum, &byte| sum.wrapping_add(byte.into()));
        total.fetch_add(sum, Ordering::Relaxed);
    });
    (pieces.iter().map(|piece| piece.len()).sum(), total.into_inner())
}

/// Writes `size` bytes: those of the files, as often as it takes.
fn write(files: &[FileBytes], bytes: usize, size: usize, output: &File, threads: usize) -> Result<(), String> {
    if bytes == 0 {
        return Ok(());
    }
    let mut jobs = Vec::new();
    let (pieces, mut offset) = (pieces(files), 0);
    for piece in pieces.iter().cycle() {
        if offset == size {
            break;
        }
        let length = piece.len().min(size - offset);
        jobs.push((offset, &piece[..length]));
        offset += length;
    }
    let failure = Mutex::new(None);
    spread(threads, jobs.len(), |number| {
        let (offset, bytes) = jobs[number];
        if let Err(error) = write_at(output, offset, bytes) {
            *failure.lock().unwrap_or_else(|lock| lock.into_inner()) = Some(error);
        }
    });
    match failure.into_inner().unwrap_or_else(|lock| lock.into_inner()) {
        Some(error) => Err(error.to_string()),
        None => Ok(()),
    }
}

/// Wall and CPU time of steps, one after the other.
struct Steps {
    done: Vec<(&'static str, Duration, Duration)>,
    wall: Instant,
    cpu: Duration,
}

impl Steps {
    fn start() -> Self {
        Self { done: Vec::new(), wall: Instant::now(), cpu: cpu_time() }
    }
    fn end(&mut self, name: &'static str) {
        let (wall, cpu) = (Instant::now(), cpu_time());
        self.done.push((name, wall - self.wall, cpu.saturating_sub(self.cpu)));
        (self.wall, self.cpu) = (wall, cpu);
    }
    fn report(&self) {
        println!("{:<34} {:>10} {:>10}", "step", "wall ms", "cpu ms");
        let (mut wall, mut cpu) = (Duration::ZERO, Duration::ZERO);
        let line = |name: &str, wall: Duration, cpu: Duration| {
            println!("{name:<34} {:>10.2} {:>10.2}", wall.as_secs_f64() * 1e3, cpu.as_secs_f64() * 1e3);
        };
        for &(name, wall_used, cpu_used) in &self.done {
            line(name, wall_used, cpu_used);
            (wall, cpu) = (wall + wall_used, cpu + cpu_used);
        }
        line("all", wall, cpu);
    }
}

/// CPU time of the process so far, all threads together.
fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}
