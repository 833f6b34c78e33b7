//! `--time`: what each phase took.

use crate::diagnostic::Diagnostics;
use std::time::{Duration, Instant};

/// Measures phases, one after the other.
pub struct Clock {
    laps: Vec<(&'static str, Duration, Duration)>,
    notes: Vec<(&'static str, Duration)>,
    wall: Instant,
    cpu: Duration,
}

impl Clock {
    /// Starts the first phase.
    pub fn start() -> Self {
        Self { laps: Vec::new(), notes: Vec::new(), wall: Instant::now(), cpu: cpu_time() }
    }
    /// Ends the phase `name` and starts the next.
    pub fn lap(&mut self, name: &'static str) {
        let (wall, cpu) = (Instant::now(), cpu_time());
        self.laps.push((name, wall - self.wall, cpu.saturating_sub(self.cpu)));
        (self.wall, self.cpu) = (wall, cpu);
    }
    /// Notes a part of a phase.
    pub fn note(&mut self, name: &'static str, wall: Duration) {
        self.notes.push((name, wall));
    }
    /// Prints a table: wall and CPU time of each phase in milliseconds, and the peak of memory.
    pub fn report(&self, diagnostics: &mut Diagnostics) {
        let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
        diagnostics.print(format!("{:<34} {:>10} {:>10}", "phase", "wall ms", "cpu ms"));
        for &(name, wall, cpu) in &self.laps {
            diagnostics.print(format!("{name:<34} {:>10.2} {:>10.2}", ms(wall), ms(cpu)));
        }
        let sum = |part: fn(&(&'static str, Duration, Duration)) -> Duration| self.laps.iter().map(part).sum();
        diagnostics.print(format!("{:<34} {:>10.2} {:>10.2}", "all", ms(sum(|lap| lap.1)), ms(sum(|lap| lap.2))));
        for &(name, wall) in &self.notes {
            diagnostics.print(format!("{name:<34} {:>10.2}", ms(wall)));
        }
        if let Some(peak) = peak_memory_kib() {
            diagnostics.print(format!("{:<34} {:>10.1} MiB", "peak memory", peak as f64 / 1024.0));
        }
    }
}

/// CPU time of the process so far, all threads together.
fn cpu_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

/// The most memory that the process has held, in KiB; where the system says it.
fn peak_memory_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
