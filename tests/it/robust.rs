//! Damaged input: every object is cut short and has single bytes changed; the linker must give an error that names
//! the file, or link, and never crash, hang or leave half an output.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::cases::{Case, Input};
use crate::{check, inputs};

/// Places at which each object is cut.
const CUTS: usize = 200;
/// Single bytes that are changed, one at a time.
const CHANGES: usize = 2000;
/// A process per link is slow: only each so-manieth damage is tried.
const STEP: usize = 55;
/// Objects of one group, unless `WOLD_ROBUST=all`.
const OBJECTS_PER_GROUP: usize = 4;
/// No link of a damaged object takes longer.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// What the damaged object is called.
const NAME: &str = "damaged.o";

/// Options that together walk through most of the linker.
const OPTIONS: &[&[&str]] = &[
    &["--no-entry", "--export-all", "--no-gc-sections", "--allow-undefined"],
    &["--no-entry", "--export-all", "--allow-undefined", "-O2"],
    &["--no-entry", "--export-all", "--unresolved-symbols=ignore-all", "--compress-relocations", "--strip-debug"],
    &["--no-entry", "--export-dynamic", "--warn-unresolved-symbols", "--no-merge-data-segments", "-M"],
];

/// Errors that are about the whole link, not about one file.
const WITHOUT_FILE: &[&str] = &["memory", "too large", "symbol exported via"];

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
    // The reference crashes on some of this.
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
    let damages: Vec<(usize, Damage)> = damages(&sample.bytes).enumerate().step_by(STEP).collect();
    let one = |(number, damage): (usize, Damage)| {
        let mut options = OPTIONS[number % OPTIONS.len()].to_vec();
        options.extend(sample.wasm64.then_some("-mwasm64"));
        let error = judge(link(&options, &damage.apply(&sample.bytes)))?;
        Some(format!("{}, {damage:?}, {options:?}: {error}", sample.name))
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
enum Damage {
    Cut { length: usize },
    Change { at: usize, to: u8 },
}

impl Damage {
    fn apply(self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self {
            Damage::Cut { length } => bytes.truncate(length),
            Damage::Change { at, to } => bytes[at] = to,
        }
        bytes
    }
}

/// The same for the same bytes. Half of the changes are to values that matter in LEBs.
fn damages(bytes: &[u8]) -> impl Iterator<Item = Damage> {
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

/// Links `bytes` as a file called [`NAME`]. The only place that knows how the linker is run.
fn link(options: &[&str], bytes: &[u8]) -> Outcome {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = inputs::out().join("robust").join(number.to_string());
    let outcome = link_in(&folder, options, bytes).unwrap_or_else(|error| Outcome::Broken(error.to_string()));
    let _ = fs::remove_dir_all(&folder);
    outcome
}

fn link_in(folder: &Path, options: &[&str], bytes: &[u8]) -> std::io::Result<Outcome> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(NAME), bytes)?;
    let (output, stderr) = (folder.join("out.wasm"), folder.join("stderr"));
    let mut child = Command::new(check::linker())
        .current_dir(folder)
        .args(["--threads=1", "-o", "out.wasm", NAME])
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&stderr)?)
        .spawn()?;
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > TIME_LIMIT {
            child.kill()?;
            child.wait()?;
            return Ok(Outcome::Broken(format!("takes longer than {TIME_LIMIT:?}")));
        }
        std::thread::sleep(Duration::from_micros(500));
    };
    let messages = String::from_utf8_lossy(&fs::read(&stderr)?).into_owned();
    let partial = || Outcome::Broken("a failed link left an output".into());
    Ok(match (status.code(), output.exists()) {
        (Some(0), true) => Outcome::Linked,
        (Some(0), false) => Outcome::Broken("no output".into()),
        (Some(1), true) => partial(),
        (Some(1), false) => Outcome::Failed(messages),
        _ => Outcome::Broken(format!("{status}: {messages}")),
    })
}
