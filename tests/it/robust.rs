//! Damaged input: every object is cut short and has single bytes changed; the linker must give an error that names
//! the file, or link, and never crash, hang or leave half an output.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use parking_lot::Mutex;
use rayon::prelude::*;
use wold::input::Files;
use wold::options::parse::parse;
use xxhash_rust::xxh3::xxh3_64;

use crate::cases::{Case, Input};
use crate::inputs;

/// Places at which each object is cut.
const CUTS: usize = 200;
/// Single bytes that are changed, one at a time.
const CHANGES: usize = 2000;
/// Objects of one group, unless `WOLD_ROBUST=all`.
const OBJECTS_PER_GROUP: usize = 4;
/// No link of a damaged object takes longer.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// So many failures of one object are enough.
const FAILURES_MAX: usize = 20;
/// What the damaged object is called.
const NAME: &str = "damaged.o";

/// Options that together walk through most of the linker.
const OPTIONS: &[&[&str]] = &[
    &["--no-entry", "--export-all", "--no-gc-sections", "--allow-undefined"],
    &["--no-entry", "--export-all", "--allow-undefined", "-O2"],
    &["--no-entry", "--export-all", "--unresolved-symbols=ignore-all", "--compress-relocations", "--strip-debug"],
    &["--no-entry", "--export-dynamic", "--warn-unresolved-symbols", "--no-merge-data-segments", "-M"],
];

/// Errors about the whole link; their text is the reference's, which names no file.
const WITHOUT_FILE: &[&str] = &[
    "memory",
    "too large",
    "symbol exported via",
    "feature must be used",
    "feature not present",
    "constructor functions cannot take arguments",
];

/// What a link came to.
enum Outcome {
    /// It gave a module.
    Linked,
    /// It failed with these messages.
    Failed(String),
    /// It crashed, hung or left half an output.
    Broken(String),
}

/// An object to be damaged.
struct Sample {
    name: String,
    bytes: Vec<u8>,
    wasm64: bool,
}

/// One test per capability that has objects, and one for the corpus.
pub fn trials(cases: &[Case]) -> Vec<Trial> {
    let mut groups: BTreeMap<String, Vec<Source>> = BTreeMap::new();
    for case in cases {
        let group = case.name.split('/').next().unwrap_or_default().to_string();
        groups.entry(group).or_default().extend(case.inputs.iter().filter_map(|input| source(case, input)));
    }
    if let Some(folder) = std::env::var_os("WOLD_CORPUS") {
        let mut paths = Vec::new();
        objects_below(Path::new(&folder), &mut paths);
        groups.insert("corpus".into(), paths.into_iter().map(Source::File).collect());
    }
    // With another linker under test there is nothing to learn here.
    let skip = std::env::var_os("WOLD_TEST_LINKER").is_some() || inputs::tools().assembler.is_none();
    let trial = |(group, sources)| {
        Trial::test(format!("robust/{group}"), move || run(sources).map_err(Failed::from)).with_ignored_flag(skip)
    };
    groups.into_iter().filter(|(_, sources)| !sources.is_empty()).map(trial).collect()
}

/// Where an object comes from.
enum Source {
    Ready(Sample),
    Built(String, Input),
    File(PathBuf),
}

fn source(case: &Case, input: &Input) -> Option<Source> {
    let name = format!("{}: {}", case.name, input.name);
    let extension = input.name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension {
        "s" | "c" | "cpp" => Some(Source::Built(name, input.clone())),
        "o" if input.body.starts_with(b"\0asm") => {
            Some(Source::Ready(Sample { name, bytes: input.body.clone(), wasm64: false }))
        }
        _ => None,
    }
}

fn objects_below(folder: &Path, paths: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            objects_below(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "o") {
            paths.push(path);
        }
    }
}

fn run(sources: Vec<Source>) -> Result<(), String> {
    let all = std::env::var("WOLD_ROBUST").is_ok_and(|value| value == "all");
    let every = if all { 1 } else { sources.len().div_ceil(OBJECTS_PER_GROUP) };
    let failures: Vec<String> = sources
        .into_iter()
        .step_by(every)
        .map(sample)
        .flat_map(|sample| sample.map_or_else(|e| vec![e], damage))
        .collect();
    match failures.len() {
        0 => Ok(()),
        count => Err(format!("{count} failures, the first ones:\n{}", failures[..count.min(5)].join("\n"))),
    }
}

fn sample(source: Source) -> Result<Sample, String> {
    match source {
        Source::Ready(sample) => Ok(sample),
        Source::Built(name, input) => {
            Ok(Sample { name, wasm64: inputs::wasm64(&input), bytes: inputs::built(&input)? })
        }
        Source::File(path) => {
            let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            Ok(Sample { name: path.display().to_string(), bytes, wasm64: false })
        }
    }
}

/// Links damaged forms of `sample`; says what went wrong.
fn damage(sample: Sample) -> Vec<String> {
    let damages: Vec<(usize, Damage)> = damages(&sample.bytes).enumerate().collect();
    let failures = AtomicUsize::new(0);
    let one = |(number, damage): (usize, Damage)| {
        if failures.load(Ordering::Relaxed) >= FAILURES_MAX {
            return None;
        }
        let mut options = OPTIONS[number % OPTIONS.len()].to_vec();
        options.extend(sample.wasm64.then_some("-mwasm64"));
        let what = format!("{}, {damage:?}, {}", sample.name, options.join(" "));
        let outcome = limited(what.clone(), || link(&options, damage.apply(&sample.bytes)));
        let error = judge(outcome)?;
        failures.fetch_add(1, Ordering::Relaxed);
        Some(format!("{what}: {error}"))
    };
    damages.into_par_iter().filter_map(one).collect()
}

/// What is wrong with `outcome`, if anything.
fn judge(outcome: Outcome) -> Option<String> {
    match outcome {
        Outcome::Linked => None,
        Outcome::Broken(what) => Some(what),
        Outcome::Failed(messages) => {
            let known = |line: &str| line.contains(NAME) || WITHOUT_FILE.iter().any(|words| line.contains(words));
            (!messages.lines().any(known)).then(|| format!("the message does not name the file: {messages}"))
        }
    }
}

/// A way to damage an object.
#[derive(Clone, Copy, Debug)]
pub enum Damage {
    /// Only so many bytes are left.
    Cut { length: usize },
    /// One byte is another.
    Change { at: usize, to: u8 },
}

impl Damage {
    /// The damaged form of `bytes`.
    pub fn apply(self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self {
            Damage::Cut { length } => bytes.truncate(length),
            Damage::Change { at, to } => bytes[at] = to,
        }
        bytes
    }
}

/// Ways to damage `bytes`: the same for the same bytes. Half of the changes are to values that matter in LEBs.
pub fn damages(bytes: &[u8]) -> impl Iterator<Item = Damage> {
    let length = bytes.len();
    let mut state = xxh3_64(bytes) | 1;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    let cuts = (0..CUTS).map(move |i| Damage::Cut { length: length * i / CUTS });
    let special = [0u8, 1, 0x7f, 0x80, 0xff];
    let changes = (0..CHANGES).map(move |i| {
        let to = if i % 2 == 0 { special[random(special.len())] } else { random(256) as u8 };
        Damage::Change { at: random(length), to }
    });
    cuts.chain(changes).filter(move |_| length > 0)
}

/// Links `bytes` as a file called [`NAME`], in this process. The only place that knows how.
fn link(options: &[&str], bytes: Vec<u8>) -> Outcome {
    let files: Files = [(NAME, bytes)].into_iter().collect();
    let args = ["-o", "out.wasm", NAME].iter().chain(options).map(|arg| arg.to_string()).collect();
    let parsed = parse("wold", args, &|_| Err(ErrorKind::NotFound.into()));
    let mut diagnostics = parsed.diagnostics;
    let linked = catch_unwind(AssertUnwindSafe(|| wold::pipeline::link(&parsed.options, &files, &mut diagnostics)));
    let messages = || diagnostics.list().iter().map(|diagnostic| format!("{diagnostic}\n")).collect::<String>();
    match linked {
        Ok(Ok(_)) if diagnostics.error_count() > 0 => {
            Outcome::Broken(format!("a module despite errors: {}", messages()))
        }
        Ok(Ok(_)) => Outcome::Linked,
        Ok(Err(_)) if diagnostics.error_count() == 0 => Outcome::Broken("fails without an error".into()),
        Ok(Err(_)) => Outcome::Failed(messages()),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            Outcome::Broken(format!("panics: {}", text.unwrap_or("(no text)")))
        }
    }
}

/// Links that are under way, by number: when they began and what they are.
fn running() -> &'static Mutex<HashMap<u64, (Instant, String)>> {
    static RUNNING: OnceLock<Mutex<HashMap<u64, (Instant, String)>>> = OnceLock::new();
    RUNNING.get_or_init(|| {
        // A thread cannot be ended from outside: a link that hangs ends the whole run, with its name.
        std::thread::spawn(|| {
            loop {
                std::thread::sleep(Duration::from_secs(1));
                if let Some((_, what)) = running().lock().values().find(|(start, _)| start.elapsed() > TIME_LIMIT) {
                    eprintln!("takes longer than {TIME_LIMIT:?}: {what}");
                    std::process::exit(101);
                }
            }
        });
        Mutex::default()
    })
}

/// Does `work`, called `what`, under the eyes of the time limit.
fn limited<T>(what: String, work: impl FnOnce() -> T) -> T {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    // An allocation that fails ends the process without a word about its cause.
    if std::env::var_os("WOLD_ROBUST_TRACE").is_some() {
        eprintln!("{what}");
    }
    running().lock().insert(number, (Instant::now(), what));
    let result = work();
    running().lock().remove(&number);
    result
}
