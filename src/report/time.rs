//! `--time`: what each phase took.

use crate::diagnostic::Diagnostics;
use std::time::{Duration, Instant};

/// One phase.
struct Lap {
    name: &'static str,
    wall: Duration,
    cpu: Duration,
    /// Memory that the process holds for itself at the end, without mapped files, in KiB.
    own_kib: Option<u64>,
}

/// Measures phases, one after the other.
pub struct Clock {
    laps: Vec<Lap>,
    notes: Vec<(&'static str, Duration)>,
    detailed: bool,
    wall: Instant,
    cpu: Duration,
}

impl Clock {
    /// Starts the first phase. Looks at the clock only if `detailed`.
    pub fn start(detailed: bool) -> Self {
        let cpu = if detailed { cpu_time() } else { Duration::ZERO };
        Self { laps: Vec::new(), notes: Vec::new(), detailed, wall: Instant::now(), cpu }
    }
    /// Ends the phase `name` and starts the next. A call for `scripts/instructions`, which counts what is between two.
    #[inline(never)]
    pub fn lap(&mut self, name: &'static str) {
        if !self.detailed {
            return;
        }
        let (wall, cpu) = (Instant::now(), cpu_time());
        let (wall_used, cpu_used) = (wall - self.wall, cpu.saturating_sub(self.cpu));
        let own_kib = status_kib("RssAnon:");
        self.laps.push(Lap { name, wall: wall_used, cpu: cpu_used, own_kib });
        (self.wall, self.cpu) = (Instant::now(), cpu_time());
    }
    /// Notes a part of a phase.
    pub fn note(&mut self, name: &'static str, wall: Duration) {
        self.notes.push((name, wall));
    }
    /// Prints a table: wall and CPU time of each phase in milliseconds, the memory that the process then holds for
    /// itself, and the peak of all memory, mapped files included.
    pub fn report(&self, diagnostics: &mut Diagnostics) {
        let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
        let mib = |kib: Option<u64>| kib.map_or(String::new(), |kib| format!("{:.1}", kib as f64 / 1024.0));
        diagnostics.print(format!("{:<34} {:>10} {:>10} {:>10}", "phase", "wall ms", "cpu ms", "own MiB"));
        for lap in &self.laps {
            let (wall, cpu) = (ms(lap.wall), ms(lap.cpu));
            diagnostics.print(format!("{:<34} {wall:>10.2} {cpu:>10.2} {:>10}", lap.name, mib(lap.own_kib)));
        }
        let (wall, cpu) =
            self.laps.iter().fold((0.0, 0.0), |(wall, cpu), lap| (wall + ms(lap.wall), cpu + ms(lap.cpu)));
        diagnostics.print(format!("{:<34} {wall:>10.2} {cpu:>10.2}", "all"));
        for &(name, wall) in &self.notes {
            diagnostics.print(format!("{name:<34} {:>10.2}", ms(wall)));
        }
        diagnostics.print(format!("{:<34} {:>10}", "threads", rayon::current_num_threads()));
        if let Some(peak) = status_kib("VmHWM:") {
            diagnostics.print(format!("{:<34} {:>32}", "peak memory, mapped files included", mib(Some(peak))));
        }
    }
}

/// CPU time of the process so far, all threads together.
fn cpu_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// A figure of the process's status in KiB, where the system gives it.
fn status_kib(key: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(key))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
