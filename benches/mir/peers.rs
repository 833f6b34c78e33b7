//! Other processes: linkers, and this program as its own child.

use crate::{Settings, objects};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Starts a line about a step.
const STEP: &str = "step ";
/// Starts the line about the plan.
const PLAN: &str = "plan ";
/// How often the memory of a process is looked at.
const LOOK: Duration = Duration::from_millis(2);
/// Clock ticks of `/proc/PID/stat` in a second.
const TICKS: f64 = 100.0;

/// A linker of objects.
pub struct Linker {
    /// Its name.
    pub name: &'static str,
    path: PathBuf,
    extra: &'static [&'static str],
}

/// What a process took.
#[derive(Default)]
pub struct Run {
    /// From start to exit, without the plan.
    pub wall: Duration,
    /// User and system time, in hundredths of a second.
    pub cpu: Duration,
    /// Its greatest resident memory, as far as it was seen.
    pub peak_kib: u64,
    /// What it said about its steps.
    pub steps: Vec<(String, Duration)>,
}

/// Says what making the plan took.
pub fn print_plan(wall: Duration, cpu: Duration) {
    println!("{PLAN}{:.3} {:.3}", wall.as_secs_f64() * 1e3, cpu.as_secs_f64() * 1e3);
}

/// User and system time of this process.
pub fn own_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Says what a step took.
pub fn print_step(name: &str, time: Duration) {
    println!("{STEP}{name} {:.3} 0", time.as_secs_f64() * 1e3);
}

/// The linkers that are here.
///
/// # Errors
/// Wold is not here.
pub fn find() -> Result<Vec<Linker>, String> {
    let wold = std::env::var_os("WOLD").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_wold")), PathBuf::from);
    if !wold.exists() {
        return Err(format!("{}: not found", wold.display()));
    }
    let mut linkers = vec![Linker { name: "wold", path: wold, extra: &[] }];
    // Otherwise it would return before its work is done.
    for (name, extra) in [("wasm-ld-22", &[][..]), ("wild", &["--no-fork"])] {
        match peer(name) {
            Some(path) => linkers.push(Linker { name, path, extra }),
            None => println!("{name} is not here: left out"),
        }
    }
    Ok(linkers)
}

fn peer(name: &str) -> Option<PathBuf> {
    let of_folder = std::env::var_os("PEERS").map(|folder| Path::new(&folder).join(name).join("wasm-ld"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    of_folder.into_iter().chain(std::env::split_paths(&path).map(|folder| folder.join(name))).find(|path| path.exists())
}

impl Linker {
    /// The name of its output.
    pub fn output(&self) -> String {
        format!("{}.wasm", self.name)
    }
    /// How it links the objects.
    ///
    /// # Errors
    /// The response file cannot be written.
    pub fn command(&self, settings: &Settings, arguments: &[&str]) -> Result<Command, String> {
        let response = settings.folder.join("objects.rsp");
        let paths = (0..settings.program.units()).map(|unit| objects::path(&settings.folder, unit));
        let list: String = paths.map(|path| format!("{}\n", path.display())).collect();
        std::fs::write(&response, list).map_err(|error| format!("{}: {error}", response.display()))?;
        // Each of them looks at the name it is called by.
        let folder = settings.folder.join(self.name);
        let link = folder.join("wasm-ld");
        if !link.exists() {
            let path = self.path.canonicalize().map_err(|error| format!("{}: {error}", self.path.display()))?;
            std::fs::create_dir_all(&folder)
                .and_then(|()| std::os::unix::fs::symlink(path, &link))
                .map_err(|error| format!("{}: {error}", link.display()))?;
        }
        let mut command = Command::new(link);
        command.args(self.extra).args(arguments).arg(format!("--threads={}", settings.threads));
        command.arg(format!("@{}", response.display())).arg("-o").arg(settings.folder.join(self.output()));
        Ok(command)
    }
}

/// Runs a process to its end.
///
/// # Errors
/// It cannot be started, or fails.
pub fn run(mut command: Command) -> Result<Run, String> {
    let start = Instant::now();
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    let status_file = format!("/proc/{}/status", child.id());
    let stat_file = format!("/proc/{}/stat", child.id());
    let mut run = Run::default();
    let status = loop {
        // A process that has ended, and is not waited for yet, still shows its times, but no memory.
        let peak = std::fs::read_to_string(&status_file).ok().and_then(|status| peak_kib(&status));
        run.peak_kib = run.peak_kib.max(peak.unwrap_or(0));
        run.cpu = std::fs::read_to_string(&stat_file).ok().and_then(|stat| cpu(&stat)).unwrap_or(run.cpu);
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break status;
        }
        std::thread::sleep(LOOK);
    };
    run.wall = start.elapsed();
    let mut output = String::new();
    if let Some(mut pipe) = child.stdout.take() {
        let _ = pipe.read_to_string(&mut output);
    }
    run.steps = output.lines().filter_map(step).collect();
    // That is what both ways begin with.
    if let Some((wall, cpu)) = output.lines().find_map(plan) {
        run.wall = run.wall.saturating_sub(wall);
        run.cpu = run.cpu.saturating_sub(cpu);
    }
    if status.success() { Ok(run) } else { Err(format!("{command:?}: {status}")) }
}

fn peak_kib(status: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// User and system time. Of the fields behind the name, which ends with a parenthesis, they are the 12th and 13th.
fn cpu(stat: &str) -> Option<Duration> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(Duration::from_secs_f64(ticks / TICKS))
}

/// Wall and CPU time of the plan.
fn plan(line: &str) -> Option<(Duration, Duration)> {
    let (wall, cpu) = line.strip_prefix(PLAN)?.split_once(' ')?;
    let ms = |text: &str| Some(Duration::from_secs_f64(text.parse::<f64>().ok()? / 1e3));
    Some((ms(wall)?, ms(cpu)?))
}

/// A step, or a pass as in the `--time` table: name, wall and CPU milliseconds, memory.
fn step(line: &str) -> Option<(String, Duration)> {
    let (name, numbers) = match line.strip_prefix(STEP) {
        Some(line) => (line.split(' ').next()?.to_owned(), line.split_whitespace().nth(1)?),
        None => {
            let (name, numbers) = line.split_at_checked(34)?;
            (format!("- {}", name.trim()), numbers.split_whitespace().next()?)
        }
    };
    let wall: f64 = numbers.parse().ok()?;
    Some((name, Duration::try_from_secs_f64(wall / 1e3).ok()?))
}

/// How many functions a module has, and their bodies.
///
/// # Errors
/// It is no module.
pub fn code(module: &[u8]) -> Result<(u32, &[u8]), String> {
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        if let wasmparser::Payload::CodeSectionStart { count, unchecked_range: range, .. } =
            payload.map_err(|error| error.to_string())?
        {
            return Ok((count, &module[range.start as usize..range.end as usize]));
        }
    }
    Err("it has no code".to_owned())
}
