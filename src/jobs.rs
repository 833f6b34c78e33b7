//! How many threads a link may use, and where they begin. As many as `--threads` says, or as there are processors; under a
//! jobserver (make's, cargo's) never more than it has tokens for, so that many links at once do not fight for the
//! processors.
#![allow(unsafe_code)]

use jobserver::{Acquired, Client};
#[cfg(target_os = "linux")]
use rustix::thread::CpuSet;

/// More threads than this are not started, whatever `--threads` says.
const THREADS_MAX: usize = 256;

/// Leave to run threads, until this is dropped.
pub struct Jobs {
    /// The number of threads: at least 1.
    pub threads: usize,
    /// Go back to the jobserver at the end of the link.
    _tokens: Vec<Acquired>,
}

impl Jobs {
    /// `wanted`: what `--threads` says, and then the jobserver is not asked. By default the number of processors that
    /// this process may use: masks of processors and the limits of control groups count.
    ///
    /// Waits for nothing: a process has one token by its being started, and takes what else is free now.
    pub fn acquire(wanted: Option<usize>) -> Self {
        let available = || std::thread::available_parallelism().map_or(1, usize::from);
        let most = wanted.unwrap_or_else(available).clamp(1, THREADS_MAX);
        let client = if wanted.is_none() && most > 1 { client() } else { None };
        match client.and_then(|client| tokens(&client, most - 1)) {
            Some(tokens) => Self { threads: 1 + tokens.len(), _tokens: tokens },
            // Not every system lets a process ask without waiting.
            None => Self { threads: most, _tokens: Vec::new() },
        }
    }
}

/// The jobserver that the environment names, if its pipe is open. make closes it for commands of a rule that is not
/// marked as one that runs make; it is then as if there were none.
fn client() -> Option<Client> {
    // SAFETY: called once, before any other file is opened, so that the numbers in the environment cannot be those of
    // files of our own; that they are pipes is checked.
    unsafe { Client::from_env_ext(true) }.client.ok()
}

/// Up to `count` tokens, as far as they are free. `None` if the jobserver cannot be asked.
fn tokens(client: &Client, count: usize) -> Option<Vec<Acquired>> {
    let mut tokens = Vec::new();
    while tokens.len() < count {
        match client.try_acquire() {
            Ok(Some(token)) => tokens.push(token),
            Ok(None) => break,
            Err(_) => return None,
        }
    }
    Some(tokens)
}

/// Where threads begin: each at a processor of its own. The system starts a thread where there is room at that moment,
/// which often is beside the one that started it, and takes 10 ms to move it: longer than a small link.
#[cfg(target_os = "linux")]
pub struct Places {
    allowed: CpuSet,
    /// In order, from that of the thread that made this on.
    processors: Vec<usize>,
}

#[cfg(target_os = "linux")]
impl Places {
    /// Of the processors that this process may use.
    pub fn new() -> Self {
        let allowed = rustix::thread::sched_getaffinity(None).unwrap_or_default();
        let mut processors: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&processor| allowed.is_set(processor)).collect();
        let own = rustix::thread::sched_getcpu();
        let first = processors.iter().position(|&processor| processor == own).unwrap_or(0);
        processors.rotate_left(first);
        Self { allowed, processors }
    }
    /// Moves the calling thread, number `index` of its pool, to its processor. It may leave that again at once.
    pub fn begin(&self, index: usize) {
        let Some(&processor) = self.processors.get(index) else { return };
        let mut place = CpuSet::new();
        place.set(processor);
        // A wish: wherever the thread is, it works.
        if rustix::thread::sched_setaffinity(None, &place).is_ok() {
            let _ = rustix::thread::sched_setaffinity(None, &self.allowed);
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub struct Places;

#[cfg(not(target_os = "linux"))]
impl Places {
    /// Elsewhere the system has its way.
    pub fn new() -> Self {
        Self
    }
    /// Does nothing.
    pub fn begin(&self, _index: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_has_the_last_word() {
        for (wanted, threads) in [(0, 1), (1, 1), (3, 3), (1_000_000, THREADS_MAX)] {
            assert_eq!(Jobs::acquire(Some(wanted)).threads, threads);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_begins_at_its_processor_and_may_leave_it() {
        let places = Places::new();
        let before = rustix::thread::sched_getaffinity(None).unwrap();
        for index in 0..places.processors.len() + 1 {
            places.begin(index);
            assert_eq!(rustix::thread::sched_getaffinity(None).unwrap(), before);
        }
        assert_eq!(places.processors.len() as u32, before.count());
    }
}
